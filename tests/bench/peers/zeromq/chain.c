/* One process of a chain over ZeroMQ: fills blocks, passes them on, or sums them. An empty message ends the stream.
 *
 *     chain source PUSH SIZE COUNT EVERY      a block each EVERY microseconds with its time in front; 0 for as fast as they go
 *     chain forward PULL PUSH
 *     chain sink PULL SIZE COUNT EVERY REPORT
 *
 * The library comes without its header, so what is used of it is declared here. */

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct zmq_msg_t {
    _Alignas(void *) unsigned char of_library[64];
} zmq_msg_t;

extern void *zmq_ctx_new(void);
extern int zmq_ctx_term(void *context);
extern void *zmq_socket(void *context, int type);
extern int zmq_close(void *socket);
extern int zmq_bind(void *socket, const char *place);
extern int zmq_connect(void *socket, const char *place);
extern int zmq_send(void *socket, const void *bytes, size_t size, int flags);
extern int zmq_msg_init(zmq_msg_t *message);
extern int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags);
extern int zmq_msg_send(zmq_msg_t *message, void *socket, int flags);
extern void *zmq_msg_data(zmq_msg_t *message);
extern size_t zmq_msg_size(const zmq_msg_t *message);
extern int zmq_msg_close(zmq_msg_t *message);

enum { ZMQ_PULL = 7, ZMQ_PUSH = 8 };

static void check(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Who pulls binds, who pushes connects. */
static void *open_end(void *context, int type, const char *place)
{
    void *socket = zmq_socket(context, type);
    check(socket != NULL, "zmq_socket");
    check((type == ZMQ_PULL ? zmq_bind(socket, place) : zmq_connect(socket, place)) == 0, place);
    return socket;
}

static void source(void *context, char **arguments)
{
    void *push = open_end(context, ZMQ_PUSH, arguments[0]);
    size_t words = strtoull(arguments[1], NULL, 10) / 8;
    uint64_t count = strtoull(arguments[2], NULL, 10), every_ns = strtoull(arguments[3], NULL, 10) * 1000;
    uint64_t *block = calloc(words, 8), due = now_ns();
    check(block != NULL, "calloc");
    for (uint64_t number = 1; number <= count; number++) {
        for (size_t word = 0; word < words; word++)
            block[word] = number;
        if (every_ns) {
            due += every_ns;
            struct timespec until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
            block[0] = now_ns();
        }
        check(zmq_send(push, block, words * 8, 0) >= 0, "zmq_send");
    }
    check(zmq_send(push, "", 0, 0) >= 0, "zmq_send");
    free(block);
    zmq_close(push);
}

static void forward(void *context, char **arguments)
{
    void *pull = open_end(context, ZMQ_PULL, arguments[0]), *push = open_end(context, ZMQ_PUSH, arguments[1]);
    size_t size;
    do {
        zmq_msg_t block;
        zmq_msg_init(&block);
        check(zmq_msg_recv(&block, pull, 0) >= 0, "zmq_msg_recv");
        size = zmq_msg_size(&block);
        check(zmq_msg_send(&block, push, 0) >= 0, "zmq_msg_send");
    } while (size);
    zmq_close(pull);
    zmq_close(push);
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void sink(void *context, char **arguments)
{
    void *pull = open_end(context, ZMQ_PULL, arguments[0]);
    size_t size = strtoull(arguments[1], NULL, 10);
    uint64_t most = strtoull(arguments[2], NULL, 10), every = strtoull(arguments[3], NULL, 10);
    uint64_t sum = 0, numbers = 0, count = 0, first_ns = 0, last_ns = 0, *delays = calloc(most, 8);
    check(delays != NULL, "calloc");
    for (;;) {
        zmq_msg_t block;
        zmq_msg_init(&block);
        check(zmq_msg_recv(&block, pull, 0) >= 0, "zmq_msg_recv");
        size_t came = zmq_msg_size(&block);
        if (!came)
            break;
        check(came == size && count < most, "a block too many, or of another size");
        uint64_t word;
        const char *bytes = zmq_msg_data(&block);
        memcpy(&word, bytes, 8);
        numbers += word;
        if (count == 0 || count + 1 == most || every)
            last_ns = now_ns();
        if (count == 0)
            first_ns = last_ns;
        if (every)
            delays[count] = last_ns - word;
        for (size_t place = 0; place < size; place += 8) {
            memcpy(&word, bytes + place, 8);
            sum += word;
        }
        count++;
        zmq_msg_close(&block);
    }
    last_ns = now_ns();
    FILE *report = fopen(arguments[4], "w");
    check(report != NULL, arguments[4]);
    fprintf(report, "{\"sum\":%" PRIu64 ",\"numbers\":%" PRIu64 ",\"count\":%" PRIu64, sum, numbers, count);
    fprintf(report, ",\"first_ns\":%" PRIu64 ",\"last_ns\":%" PRIu64, first_ns, last_ns);
    if (every && count) {
        qsort(delays, count, 8, by_value);
        fprintf(report, ",\"delays\":{\"p50_ns\":%" PRIu64 ",\"p99_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64 "}",
                delays[count / 2], delays[count * 99 / 100], delays[count - 1]);
    }
    check(fprintf(report, "}\n") > 0 && fclose(report) == 0, arguments[4]);
    free(delays);
    zmq_close(pull);
}

int main(int argc, char **argv)
{
    const char *role = argc > 1 ? argv[1] : "";
    void *context = zmq_ctx_new();
    if (argc == 6 && strcmp(role, "source") == 0)
        source(context, argv + 2);
    else if (argc == 4 && strcmp(role, "forward") == 0)
        forward(context, argv + 2);
    else if (argc == 7 && strcmp(role, "sink") == 0)
        sink(context, argv + 2);
    else
        return fprintf(stderr, "usage: chain source|forward|sink ...\n"), 2;
    return zmq_ctx_term(context) != 0;
}
