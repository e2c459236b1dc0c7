/* The limit: a broadcast chat server in C with epoll, one thread (Linux).
 *
 *   cc -O2 -o server_epoll server_epoll.c
 *   ./server_epoll HOST PORT [MAX_CLIENTS]
 *
 * It works in rounds. In a round it reads what has come from everybody and appends the lines, as they go
 * out, to one log; then it sends each participant the whole log except its own lines, in as few calls as
 * can be. The next round begins when everybody has taken this one. When nobody of those who are late takes
 * anything for PATIENCE seconds, they are dropped: memory stays bounded, and one who does not read costs
 * the others one pause. One log for all gives the same order for all. It does what the load needs, not
 * everything that the contract of stage 5 asks for.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 1.0
#define LONGEST_LINE 65536
#define LONGEST_NAME 32
#define READ_SIZE (64 * 1024)
#define ROUND_SIZE (256 * 1024) /* a round reads no more when its log is longer than this */
#define PIECES 64               /* at most so many pieces of the log in one call */

struct piece { size_t start, end; };

struct client {
    int fd, index, name_length, reading;
    char name[LONGEST_NAME + 2];  /* with ": " once it is known */
    char *rest;                   /* the beginning of a line whose end has not come yet */
    size_t rest_length;
    struct piece *own;            /* its own lines in the log of this round */
    int own_count, own_size;
    size_t taken;                 /* the log up to here has gone out, or is its own */
    int own_taken;                /* so many of its own pieces lie before `taken` */
};

static struct client **clients, **leaving;
static int count, leaving_count, max_clients = 100, epoll, listener;
static char *log_bytes;
static size_t log_length, log_size;
static char input[LONGEST_LINE + READ_SIZE];

static void *grown(void *memory, size_t bytes) {
    memory = realloc(memory, bytes);
    if (!memory) fputs("server_epoll: no memory left\n", stderr), exit(1);
    return memory;
}

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void watch(struct client *c, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &event);
}

/* Appends to the log; `author` does not get it. */
static void say(struct client *author, const char *name, size_t name_length, const char *text,
                size_t length) {
    size_t start = log_length;
    if (log_length + name_length + length + 1 > log_size)
        log_bytes = grown(log_bytes, log_size = 2 * (log_length + name_length + length + 1));
    memcpy(log_bytes + log_length, name, name_length);
    memcpy(log_bytes + log_length + name_length, text, length);
    log_length += name_length + length;
    log_bytes[log_length++] = '\n';
    if (author->own_count && author->own[author->own_count - 1].end == start) {
        author->own[author->own_count - 1].end = log_length;
        return;
    }
    if (author->own_count == author->own_size) {
        author->own_size = author->own_size ? 2 * author->own_size : 4;
        author->own = grown(author->own, author->own_size * sizeof *author->own);
    }
    author->own[author->own_count++] = (struct piece){start, log_length};
}

static void leave(struct client *c) {
    if (!c->reading) return;
    c->reading = 0;
    leaving[leaving_count++] = c;
}

static void greet(struct client *c) {
    if (send(c->fd, "Your name?\n", 11, MSG_NOSIGNAL) != 11) leave(c);
}

static void welcome(struct client *c, const char *name, size_t length) {
    char line[128];
    while (length && *name == ' ') name++, length--;
    while (length && name[length - 1] == ' ') length--;
    if (length < 1 || length > LONGEST_NAME) {
        greet(c);
        return;
    }
    int n = snprintf(line, sizeof line, "Welcome, %.*s. Leave with {quit}.\n", (int)length, name);
    if (send(c->fd, line, n, MSG_NOSIGNAL) != n) {
        leave(c);
        return;
    }
    memcpy(c->name, name, length);
    c->taken = log_length; /* it gets what is said from now on */
    say(c, name, length, " has joined.", 12);
    memcpy(c->name + length, ": ", 2);
    c->name_length = length + 2;
}

static void take_line(struct client *c, const char *line, size_t length) {
    if (length && line[length - 1] == '\r') length--;
    if ((length == 6 && !memcmp(line, "{quit}", 6)) || (length == 6 && !memcmp(line, "/close", 6))) leave(c);
    else if (!c->name_length) welcome(c, line, length);
    else if (length) say(c, c->name, c->name_length, line, length);
}

static void receive(struct client *c) {
    memcpy(input, c->rest, c->rest_length);
    ssize_t n = recv(c->fd, input + c->rest_length, READ_SIZE, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        leave(c);
        return;
    }
    char *p = input, *end = input + c->rest_length + n, *newline;
    while (c->reading && (newline = memchr(p, '\n', end - p))) {
        take_line(c, p, newline - p);
        p = newline + 1;
    }
    c->rest_length = end - p;
    if (c->rest_length > LONGEST_LINE) {
        c->rest_length = 0;
        leave(c);
    }
    memcpy(c->rest, p, c->rest_length);
}

/* Lets one newcomer in; returns whether there was one. */
static int enter(void) {
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (count == max_clients) {
        if (send(fd, "The chat is full.\n", 18, MSG_NOSIGNAL) < 0) perror("server_epoll");
        close(fd);
        return 1;
    }
    struct client *c = grown(NULL, sizeof *c);
    memset(c, 0, sizeof *c);
    c->rest = grown(NULL, LONGEST_LINE);
    c->fd = fd;
    c->index = count;
    c->reading = 1;
    clients[count++] = c;
    watch(c, EPOLLIN, EPOLL_CTL_ADD);
    greet(c);
    return 1;
}

/* Those who leave are forgotten, and the others told: in the log of the next round. */
static void bury(void) {
    for (int i = 0; i < leaving_count; i++) {
        struct client *c = leaving[i];
        clients[c->index] = clients[--count];
        clients[c->index]->index = c->index;
        if (c->name_length) say(c, c->name, c->name_length - 2, " has left.", 10);
        close(c->fd);
        free(c->rest);
        free(c->own);
        free(c);
    }
    leaving_count = 0;
}

/* Sends the log without the client's own lines; returns whether all of it is gone. */
static int give(struct client *c) {
    while (c->taken < log_length) {
        struct iovec pieces[PIECES];
        int n = 0, own = c->own_taken;
        for (size_t at = c->taken; at < log_length && n < PIECES; own++) {
            size_t end = own < c->own_count ? c->own[own].start : log_length;
            if (end > at) pieces[n++] = (struct iovec){log_bytes + at, end - at};
            at = own < c->own_count ? c->own[own].end : log_length;
        }
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = n};
        ssize_t sent = n ? sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (sent < 0 && errno == EAGAIN) return 0;
        if (sent < 0) {
            leave(c);
            return 1;
        }
        for (int i = 0; i < n && sent >= 0; i++) { /* walk over what was taken */
            size_t start = (char *)pieces[i].iov_base - log_bytes;
            size_t part = (size_t)sent < pieces[i].iov_len ? (size_t)sent : pieces[i].iov_len;
            c->taken = start + part;
            sent -= part;
            if (part < pieces[i].iov_len) break;
        }
        for (; c->own_taken < c->own_count && c->own[c->own_taken].start <= c->taken; c->own_taken++)
            if (c->own[c->own_taken].end > c->taken) c->taken = c->own[c->own_taken].end;
    }
    return 1;
}

/* Gives everybody the log of this round; waits for those who are slow, but not for ever. */
static void give_all(void) {
    int slow = 0;
    static int slow_epoll = -1;
    if (slow_epoll < 0) slow_epoll = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        struct client *c = clients[i];
        if (!c->name_length || !c->reading || give(c)) continue;
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
        epoll_ctl(slow_epoll, EPOLL_CTL_ADD, c->fd, &event);
        slow++;
    }
    for (double progress = clock_now(); slow && clock_now() - progress < PATIENCE;) {
        struct epoll_event events[64];
        int n = epoll_wait(slow_epoll, events, 64, 100);
        if (n > 0) progress = clock_now();
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (!give(c)) continue;
            epoll_ctl(slow_epoll, EPOLL_CTL_DEL, c->fd, NULL);
            slow--;
        }
    }
    for (int i = 0; i < count; i++) {
        struct client *c = clients[i];
        if (c->name_length && c->taken < log_length) leave(c); /* its patience is over */
        c->taken = c->own_count = c->own_taken = 0;
    }
    log_length = 0;
}

static void stop(int number) {
    (void)number;
    _exit(0);
}

int main(int n, char **values) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    struct rlimit files;
    int on = 1;
    if (n < 3 || !inet_aton(values[1], &address.sin_addr)) {
        fputs("server_epoll: HOST (an address in numbers) and PORT are needed\n", stderr);
        return 1;
    }
    address.sin_port = htons(atoi(values[2]));
    if (n > 3) max_clients = atoi(values[3]);
    clients = grown(NULL, max_clients * sizeof *clients);
    leaving = grown(NULL, max_clients * sizeof *leaving);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGINT, stop);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1024) < 0) {
        perror("server_epoll");
        return 1;
    }
    epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, log_length || leaving_count ? 0 : -1);
        for (int i = 0; i < ready && log_length < ROUND_SIZE; i++) {
            if (events[i].data.ptr) receive(events[i].data.ptr);
            else while (enter()) {}
        }
        give_all();
        bury();
    }
}
