/* A load for a broadcast chat server: many participants in one process, with epoll (Linux).
 *
 *   cc -O2 -o load load.c
 *   ./load PORT [--clients N] [--window W] [--seconds S] [--size BYTES] [--at-once K] [--pid PID]
 *               [--rate MESSAGES_PER_SECOND | --stalled | --order]
 *
 * N participants (100) connect to 127.0.0.1:PORT, at most K (64) of them at a time between connecting and
 * their welcome. Each sends its name when it has been greeted, and has joined when it sees a line that
 * contains its name; the wording of the server is never looked at. Then all of them send for S seconds (2):
 *
 *   (usual)    each keeps W lines (4) of BYTES bytes (50, the newline counts) on their way: a line has
 *              arrived when the next participant has received it. The first RAMP seconds are not measured.
 *   --rate     all together send so many messages per second at even distances; the delay of each delivery
 *              is measured from the moment when the message was due.
 *   --stalled  as usual, but one more participant joins with a small receive buffer and never reads again;
 *              gives the longest pause that any of the others saw between two deliveries.
 *   --order    as usual, but one more participant only listens; everybody's lines are recorded and must have
 *              come in the listener's order.
 *
 * Always checked: no line comes back to its author; the lines of each author reach the next participant
 * complete, unchanged and in order. When all have stopped sending, every participant must have received as
 * many lines as the others sent; "checked" is false where the server needs more than DRAIN seconds for that.
 * With --pid, the growth of that process's memory from the first line on.
 *
 * Prints one line of JSON. Status 1 with a sentence on standard error when something is wrong.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define JOIN_LIMIT 60.0   /* seconds until all must have joined */
#define JOIN_SILENCE 10.0 /* seconds in which somebody must have joined */
#define SILENCE_LIMIT 5.0 /* seconds without any delivery after which the server has failed */
#define DRAIN 3.0         /* seconds to wait for the last lines */
#define RAMP 0.2          /* seconds of load before the measuring begins */
#define LONG_PAUSE 0.2    /* a longer pause between two deliveries is counted */
#define NAME 5            /* bytes of every name: `p` and four digits */
#define PREFIX 8          /* so a delivered line starts with `p0001: #` */
#define LONGEST_LINE 65536
#define BUFFER (256 * 1024)
#define NUMBER 0xffffffffffULL /* the lower bits of a record: the line's number; above it the author's */

enum state { CONNECTING, GREETED_NEXT, WELCOMED_NEXT, JOINED };

struct client {
    int fd, number;
    enum state state;
    char name[NAME + 1];
    uint64_t prefix;            /* the first 8 bytes of its delivered lines */
    char *line;                 /* the next line to send, with its number in digits */
    char *expected;             /* the next line that must come from the participant before this one */
    char *out;                  /* what the kernel has not taken yet */
    size_t out_start, out_end, out_size;
    char *rest;                 /* the beginning of a line whose end has not come yet */
    size_t rest_length;
    uint64_t sent, arrived;     /* own lines: sent, and received by the next participant */
    uint64_t received;          /* lines of others */
    int open, wants_out;        /* is in the list of those who may send; waits for EPOLLOUT */
    double last, longest_pause; /* moments and durations in seconds */
    int pauses;
    uint64_t *record;           /* order mode: author and number of each received line */
};

static int port, clients = 100, window = 4, size = 50, at_once = 64, server_pid;
static double seconds = 2, rate;
static int stalled_mode, order_mode;

static struct client *all;      /* clients senders, then perhaps one listener or one that stalls */
static struct client **open_list;
static int total_clients, open_count, joined, epoll, timer = -1, sending;
static uint64_t deliveries, total_sent, shape, shape_mask, record_limit;
static size_t delivered_size;
static double now, start;
static uint32_t *delays;        /* microseconds */
static uint64_t delay_count, delay_limit;
static int stalled_notices;
static double dropped_at = -1;
static char input[LONGEST_LINE + BUFFER];

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    exit(1);
}

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void *zeroed(size_t bytes) {
    void *memory = calloc(1, bytes);
    if (!memory) fail("no memory for %zu bytes", bytes);
    return memory;
}

static uint64_t load64(const char *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

static uint64_t digits(const char *p, int count) {
    uint64_t value = 0;
    while (count--) value = value * 10 + (*p++ - '0');
    return value;
}

/* A line to send: `#`, ten digits (its number), a space, twelve digits (due, in microseconds), filler. */
static char *new_line(void) {
    char *line = zeroed(size + 32);
    memset(line, '.', size);
    memcpy(line, "#0000000000 000000000000 ", 25);
    line[size - 1] = '\n';
    return line;
}

static void count_up(char *line) {
    char *digit = line + 10;
    while (*digit == '9') *digit-- = '0';
    ++*digit;
}

static void watch(struct client *c, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

static void put(struct client *c, const char *bytes, size_t length) {
    if (c->out_end + length > c->out_size) {
        if (c->out) memmove(c->out, c->out + c->out_start, c->out_end - c->out_start);
        c->out_end -= c->out_start;
        c->out_start = 0;
        while (c->out_end + length > c->out_size) c->out_size = c->out_size ? 2 * c->out_size : 1024;
        c->out = realloc(c->out, c->out_size);
        if (!c->out) fail("no memory for what %s sends", c->name);
    }
    memcpy(c->out + c->out_end, bytes, length);
    c->out_end += length;
}

static void flush(struct client *c) {
    ssize_t n = send(c->fd, c->out + c->out_start, c->out_end - c->out_start, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) fail("%s lost its connection while sending: %s", c->name, strerror(errno));
    if (n > 0) c->out_start += n;
    if (c->out_start == c->out_end) c->out_start = c->out_end = 0;
    int wants_out = c->out_end > 0;
    if (wants_out != c->wants_out) {
        c->wants_out = wants_out;
        watch(c, EPOLLIN | (wants_out ? EPOLLOUT : 0), EPOLL_CTL_MOD);
    }
}

static void put_line(struct client *c) {
    put(c, c->line, size);
    count_up(c->line);
    c->sent++;
    total_sent++;
}

static void fill_window(struct client *c) {
    while (c->sent - c->arrived < (uint64_t)window) put_line(c);
    flush(c);
}

/* A line of the load, at `p`, has been delivered to `c`. */
static void delivered(struct client *c, const char *p) {
    uint64_t author = load64(p);
    c->received++;
    if (author == c->prefix) fail("a line came back to its author, %s", c->name);
    if (c->number < clients) {
        struct client *before = &all[c->number ? c->number - 1 : clients - 1];
        if (author == before->prefix) {
            const char *text = p + NAME + 2;
            if (memcmp(text, c->expected, 12) || memcmp(text + 24, c->expected + 24, size - 25))
                fail("%s expected line %.10s of %s and received %.10s: lost, twice, changed or out of order",
                     c->name, c->expected + 1, before->name, text + 1);
            count_up(c->expected);
            before->arrived++;
            if (sending && !rate && !before->open) {
                before->open = 1;
                open_list[open_count++] = before;
            }
        }
    }
    if (rate && delay_count < delay_limit) {
        double delay = (now - start) * 1e6 - digits(p + 19, 12);
        delays[delay_count++] = delay > 0 ? delay : 0;
    }
    if (c->record && c->received <= record_limit)
        c->record[c->received - 1] = digits(p + 1, 4) << 40 | digits(p + PREFIX, 10);
}

/* Any other line: a welcome, a notice. */
static void noticed(struct client *c, const char *p, size_t length) {
    if (c->state == WELCOMED_NEXT && memmem(p, length, c->name, NAME)) {
        c->state = JOINED;
        joined++;
    } else if (stalled_mode && c->number == 0 && memmem(p, length, all[clients].name, NAME)) {
        if (++stalled_notices == 2) dropped_at = now; /* the first one told of its coming */
    }
}

/* Takes all whole lines from `p` on; returns where the rest begins. */
static const char *take_lines(struct client *c, const char *p, const char *end) {
    for (;;) {
        if (p + delivered_size <= end && p[delivered_size - 1] == '\n' && (load64(p) & shape_mask) == shape) {
            delivered(c, p);
            p += delivered_size;
            continue;
        }
        const char *newline = memchr(p, '\n', end - p);
        if (!newline) return p;
        size_t length = newline - p;
        if (length && p[length - 1] == '\r') length--;
        if (length + 1 == delivered_size && (load64(p) & shape_mask) == shape) delivered(c, p);
        else noticed(c, p, length);
        p = newline + 1;
    }
}

static void receive(struct client *c) {
    memcpy(input, c->rest, c->rest_length);
    ssize_t n = recv(c->fd, input + c->rest_length, BUFFER, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) fail("%s lost its connection: %s", c->name, strerror(errno));
    if (n == 0) fail("the server ended the connection of %s", c->name);
    if (c->state == GREETED_NEXT) {
        char line[NAME + 2];
        put(c, line, snprintf(line, sizeof line, "%s\n", c->name));
        flush(c);
        c->state = WELCOMED_NEXT;
    }
    uint64_t before = c->received;
    const char *end = input + c->rest_length + n;
    const char *rest = take_lines(c, input, end);
    c->rest_length = end - rest;
    if (c->rest_length > LONGEST_LINE)
        fail("%s received more than %d bytes without a newline", c->name, LONGEST_LINE);
    if (c->rest_length) memcpy(c->rest, rest, c->rest_length);
    if (c->received == before) return;
    deliveries += c->received - before;
    double pause = now - c->last;
    if (pause > c->longest_pause) c->longest_pause = pause;
    c->pauses += pause > LONG_PAUSE;
    c->last = now;
}

static void handle(struct client *c, uint32_t events) {
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error) fail("%s cannot connect to 127.0.0.1:%d: %s", c->name, port, strerror(error));
        c->state = GREETED_NEXT;
        watch(c, EPOLLIN, EPOLL_CTL_MOD);
        return;
    }
    if (events & EPOLLOUT) flush(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
}

/* One round: what has come, then what may go; waits at most `limit` seconds. */
static void turn(double limit) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, limit * 1000);
    if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    now = clock_now();
    for (int i = 0; i < count; i++) {
        uint64_t ticks;
        if (events[i].data.ptr) handle(events[i].data.ptr, events[i].events);
        else if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timer: %s", strerror(errno));
    }
    for (int i = 0; i < open_count; i++) {
        open_list[i]->open = 0;
        if (sending) fill_window(open_list[i]);
    }
    open_count = 0;
}

static void begin(struct client *c, int receive_buffer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("no socket for %s: %s", c->name, strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        fail("%s cannot connect to 127.0.0.1:%d: %s", c->name, port, strerror(errno));
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

/* Participants `first` to `last - 1` join. */
static void join(int first, int last, int receive_buffer) {
    double begun = clock_now(), latest = begun;
    for (int next = first, before = joined; joined < last; turn(0.1)) {
        while (next < last && next - joined < at_once) begin(&all[next++], receive_buffer);
        if (joined > before) latest = now;
        before = joined;
        if (now - begun > JOIN_LIMIT || now - latest > JOIN_SILENCE)
            fail("only %d of %d had joined after %.0f s", joined, last, now - begun);
    }
}

static void set_up(void) {
    int extra = stalled_mode || order_mode;
    total_clients = clients + extra;
    delivered_size = NAME + 2 + size;
    memset(&shape_mask, 0, 8);
    memcpy(&shape_mask, "\xff\0\0\0\0\xff\xff\xff", 8);
    memcpy(&shape, "p\0\0\0\0: #", 8);
    if ((epoll = epoll_create1(0)) < 0) fail("epoll_create1: %s", strerror(errno));
    all = zeroed(total_clients * sizeof *all);
    open_list = zeroed(total_clients * sizeof *open_list);
    if (order_mode) record_limit = 1 + (256u << 20) / 8 / total_clients;
    for (int i = 0; i < total_clients; i++) {
        struct client *c = &all[i];
        char prefix[PREFIX + 1];
        c->number = i;
        snprintf(c->name, sizeof c->name, "p%04d", i % 10000);
        if (i == clients) memcpy(c->name, "qxqxq", NAME);
        snprintf(prefix, sizeof prefix, "%s: #", c->name);
        c->prefix = load64(prefix);
        c->line = new_line();
        c->expected = new_line();
        c->rest = zeroed(LONGEST_LINE);
        if (order_mode) c->record = zeroed(record_limit * sizeof *c->record);
    }
    if (rate) {
        delay_limit = (seconds * rate + 1000) * clients;
        delays = zeroed(delay_limit * sizeof *delays);
    }
}

/* Resident memory of the server in MB, 0 where it is not to be had. */
static double memory_of_server(void) {
    char path[64], line[256];
    double kilobytes = 0;
    if (!server_pid) return 0;
    snprintf(path, sizeof path, "/proc/%d/status", server_pid);
    FILE *file = fopen(path, "r");
    if (!file) fail("no process %d", server_pid);
    while (fgets(line, sizeof line, file)) sscanf(line, "VmRSS: %lf", &kilobytes);
    fclose(file);
    return kilobytes / 1024;
}

/* The messages that are due, spread over all participants in turn. */
static void send_due(void) {
    static uint64_t next;
    for (; next < (now - start) * rate && next < seconds * rate; next++) {
        struct client *c = &all[next % clients];
        char due[13];
        snprintf(due, sizeof due, "%012llu", (unsigned long long)(next / rate * 1e6));
        memcpy(c->line + 12, due, 12);
        put_line(c);
        flush(c);
    }
}

static void start_timer(void) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    long step = 1e9 / rate;
    struct itimerspec every = {.it_interval = {step / 1000000000, step % 1000000000}};
    every.it_value = every.it_interval;
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) < 0) fail("timer: %s", strerror(errno));
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
}

static uint64_t missing(void) {
    uint64_t count = 0;
    for (int i = 0; i < total_clients; i++) {
        if (stalled_mode && i == clients) continue;
        uint64_t due = total_sent - all[i].sent;
        if (all[i].received > due) fail("%s received more lines than were sent", all[i].name);
        count += due - all[i].received;
    }
    return count;
}

/* Waits until every line has reached everyone; returns whether it did. */
static int drain(void) {
    double begun = now, silence = now;
    uint64_t seen = deliveries;
    sending = 0;
    while (missing()) {
        turn(0.05);
        if (deliveries > seen) silence = now;
        seen = deliveries;
        if (now - silence > SILENCE_LIMIT / 2 && !stalled_mode)
            fail("%llu deliveries of %llu never came", (unsigned long long)missing(),
                 (unsigned long long)(missing() + deliveries));
        if (now - begun > DRAIN) return 0;
    }
    return 1;
}

/* Everybody's lines, their own left out, in the listener's order; returns how many lines were compared. */
static uint64_t compare_orders(void) {
    struct client *listener = &all[clients];
    uint64_t known = listener->received < record_limit ? listener->received : record_limit, compared = 0;
    for (int i = 0; i < clients; i++) {
        uint64_t k = 0, own = i, mine = all[i].received < record_limit ? all[i].received : record_limit;
        for (uint64_t l = 0; l < known && k < mine; l++) {
            uint64_t line = listener->record[l];
            if (line >> 40 == own) continue;
            if (all[i].record[k] != line)
                fail("not the same order: %s received line %llu of p%04d, the listener line %llu of p%04d",
                     all[i].name, all[i].record[k] & NUMBER, (int)(all[i].record[k] >> 40), line & NUMBER,
                     (int)(line >> 40));
            k++;
            compared++;
        }
    }
    return compared;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void parse(int count, char **values) {
    static const struct option options[] = {
        {"clients", 1, 0, 'n'}, {"window", 1, 0, 'w'},  {"seconds", 1, 0, 's'},
        {"size", 1, 0, 'b'},    {"rate", 1, 0, 'r'},    {"pid", 1, 0, 'p'},
        {"at-once", 1, 0, 'k'}, {"stalled", 0, 0, 't'}, {"order", 0, 0, 'o'}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(count, values, "", options, NULL)) != -1;) {
        if (option == 'n') clients = atoi(optarg);
        else if (option == 'w') window = atoi(optarg);
        else if (option == 's') seconds = atof(optarg);
        else if (option == 'b') size = atoi(optarg);
        else if (option == 'r') rate = atof(optarg);
        else if (option == 'p') server_pid = atoi(optarg);
        else if (option == 'k') at_once = atoi(optarg);
        else if (option == 't') stalled_mode = 1;
        else if (option == 'o') order_mode = 1;
        else exit(1); /* getopt has said what is wrong */
    }
    if (optind != count - 1) fail("one PORT is needed, then options");
    port = atoi(values[optind]);
    if (port < 1 || port > 65535) fail("%s is no port", values[optind]);
    if (clients < 2 || clients > 10000) fail("--clients must be 2 to 10000");
    if (window < 1 || window > 100000) fail("--window must be 1 to 100000");
    if (!(seconds > 0 && seconds <= 3600)) fail("--seconds must be more than 0 and at most 3600");
    if (size < 50 || size > 60000) fail("--size must be 50 to 60000");
    if (rate < 0 || rate > 1e5) fail("--rate must be 1 to 100000");
    if (at_once < 1) fail("--at-once must be at least 1");
    if (!!rate + stalled_mode + order_mode > 1) fail("only one of --rate, --stalled and --order");
}

int main(int count, char **values) {
    struct rlimit files;
    parse(count, values);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    set_up();

    start = now = clock_now();
    join(0, clients, 0);
    double joined_seconds = now - start;
    if (order_mode) join(clients, clients + 1, 0);
    if (stalled_mode) {
        join(clients, clients + 1, 4096);
        watch(&all[clients], 0, EPOLL_CTL_DEL);
    }

    double memory = memory_of_server(), most_memory = memory, next_look = 0;
    uint64_t at_ramp = 0;
    double ramp_end = 0, last_delivery;
    start = last_delivery = now = clock_now();
    for (int i = 0; i < clients; i++) all[i].last = now;
    sending = 1;
    if (rate) start_timer();
    else for (int i = 0; i < clients; i++) fill_window(&all[i]);
    while (now - start < seconds + (rate ? 0 : RAMP)) {
        uint64_t before = deliveries;
        if (rate) send_due();
        turn(0.05);
        if (deliveries > before) last_delivery = now;
        else if (now - last_delivery > SILENCE_LIMIT && !stalled_mode)
            fail("no delivery to anybody for %.0f s", SILENCE_LIMIT);
        if (!ramp_end && now - start >= RAMP) ramp_end = now, at_ramp = deliveries;
        if (server_pid && now > next_look) {
            double memory_now = memory_of_server();
            if (memory_now > most_memory) most_memory = memory_now;
            next_look = now + 0.02;
        }
    }
    if (rate) send_due();
    double measured = now - (ramp_end ? ramp_end : start);
    double per_second = (deliveries - at_ramp) / (measured > 0 ? measured : 1);
    double longest = 0, end = now;
    int pauses = 0;
    for (int i = 0; i < clients; i++) {
        double pause = end - all[i].last;
        if (pause > all[i].longest_pause) all[i].longest_pause = pause;
        all[i].pauses += pause > LONG_PAUSE;
        if (all[i].longest_pause > longest) longest = all[i].longest_pause;
        if (all[i].pauses > pauses) pauses = all[i].pauses;
    }
    int stopped = end - last_delivery > LONG_PAUSE;
    int checked = !(stalled_mode && stopped) && drain();
    uint64_t compared = order_mode ? compare_orders() : 0;
    if (!rate && !stalled_mode && !deliveries) fail("nothing was delivered");

    printf("{\"mode\": \"%s\", \"clients\": %d, \"window\": %d, \"size\": %d",
           rate ? "rate" : stalled_mode ? "stalled" : order_mode ? "order" : "window", clients, window, size);
    printf(", \"seconds\": %.3f, \"joined_s\": %.3f", measured, joined_seconds);
    printf(", \"deliveries_per_s\": %.0f, \"checked\": %s", per_second, checked ? "true" : "false");
    printf(", \"longest_pause_s\": %.3f, \"pauses\": %d", longest, pauses);
    if (rate) {
        qsort(delays, delay_count, sizeof *delays, by_size);
        if (checked && delay_count)
            printf(", \"p50_ms\": %.3f, \"p99_ms\": %.3f", delays[delay_count / 2] / 1e3,
                   delays[delay_count * 99 / 100] / 1e3);
        else printf(", \"p50_ms\": null, \"p99_ms\": null");
    }
    if (stalled_mode) {
        printf(", \"stopped\": %s", stopped ? "true" : "false");
        if (dropped_at >= 0) printf(", \"dropped_after_s\": %.3f", dropped_at - start);
        else printf(", \"dropped_after_s\": null");
    }
    if (server_pid) printf(", \"memory_mb\": %.1f, \"memory_growth_mb\": %.1f", memory, most_memory - memory);
    if (order_mode) printf(", \"order_compared\": %llu", (unsigned long long)compared);
    printf("}\n");
    return 0;
}
