"""What is wrong with a program, from the evidence of a whole check: the fault to mend first, and why.

The order of reading: evidence (what was seen), contact (how it is seen), catalogue (the faults), ranking, telling.
"""
