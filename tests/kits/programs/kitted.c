/* The C kit as tests use it: kitted DEED [VALUE]... */

#define PIPELOOM_IMPLEMENTATION
#include "pipeloom.h"

/* Each block on, with its head. One input goes to all outputs, several go to one each. */
static void forward(pl_job *job)
{
    while (pl_next(job)) {
        int output;
        for (output = 0; output < pl_outputs(job); output++) {
            int input = pl_inputs(job) > 1 ? output : 0, place;
            for (place = 0; place < pl_block_count(job, input); place++) {
                pl_block block = pl_in(job, input, place);
                pl_write_head(job, output, block.head, block.bytes, block.size);
            }
        }
    }
}

/* The sum of all numbers of a compute block; behind the last one the sum of all. */
static void sum(pl_job *job)
{
    long all = 0;
    while (pl_next(job)) {
        long sum = 0;
        int input, place;
        for (input = 0; input < pl_inputs(job); input++)
            for (place = 0; place < pl_block_count(job, input); place++) sum += atol(pl_text(job, input, place));
        pl_printf(job, 0, "%ld", sum);
        all += sum;
    }
    pl_printf(job, 0, "%ld", all);
}

/* 1, 2, 3 to `to`, or for ever; on all outputs. */
static void count(pl_job *job, long to)
{
    long number;
    for (number = 1; pl_next(job); number++) {
        int output;
        if (number == to) pl_finish(job);
        for (output = 0; output < pl_outputs(job); output++) pl_printf(job, output, "%ld", number);
    }
}

/* A large block on the first output, and then one on the second. */
static void burst(pl_job *job, long blocks, size_t size)
{
    char *block = (char *)memset(malloc(size), 'x', size);
    while (blocks-- > 0 && pl_next(job)) {
        if (!blocks) pl_finish(job);
        pl_write(job, 0, block, size);
        pl_write(job, 1, block, size);
    }
    free(block);
}

/* Says all that can be said. */
static void report(pl_job *job)
{
    char result[64];
    long blocks = 0;
    pl_ready(job);
    while (pl_next(job)) blocks++;
    pl_progress(job, 0.5, "half \"way\"");
    pl_status(job, "{\"at\":[1,2]}");
    pl_metric(job, "blocks", (double)blocks);
    snprintf(result, sizeof result, "{\"blocks\":%ld}", blocks);
    pl_result(job, result);
}

/* One block, and then it waits for what never comes. */
static void stuck(pl_job *job)
{
    while (pl_next(job)) {
        pl_printf(job, 0, "1");
        pl_flush(job);
        pl_ready(job);
        pause();
    }
}

/* Each block on, after work of two milliseconds; from the one that is called `stop` it does not come back. */
static void dwell(pl_job *job)
{
    while (pl_next(job)) {
        clock_t until = clock() + CLOCKS_PER_SEC / 500;
        if (!strcmp(pl_text(job, 0, 0), "stop")) pause();
        while (clock() < until) {}
        pl_printf(job, 0, "%s", pl_text(job, 0, 0));
    }
}

/* Fails in the second compute block. */
static void fail(pl_job *job)
{
    int number;
    for (number = 1; pl_next(job); number++) {
        if (number == 2) pl_fail(job, "the second block is not liked");
        pl_write(job, 0, pl_in(job, 0, 0).bytes, pl_in(job, 0, 0).size);
    }
}

/* Each block on, but its first two lives are killed in this compute block. */
static void die(pl_job *job, int at)
{
    const char *life = getenv("PIPELOOM_INCARNATION");
    int number;
    for (number = 1; pl_next(job); number++) {
        if (number == at && life && atoi(life) < 3) raise(SIGKILL);
        pl_write(job, 0, pl_in(job, 0, 0).bytes, pl_in(job, 0, 0).size);
    }
}

/* Says by itself what is done, after so many compute blocks each. Of the last few it says nothing. */
static void commit(pl_job *job, int every)
{
    int number;
    pl_acknowledge(job);
    for (number = 1; pl_next(job); number++)
        if (number % every == 0) pl_acknowledge(job);
}

/* The same, but it begins with that too late. */
static void late(pl_job *job)
{
    while (pl_next(job)) pl_acknowledge(job);
}

/* Blocks of up to `most` bytes, the longest one first, each beginning with its number and filled with it. It is killed inside
 * block `at`. */
static void pattern(pl_job *job, unsigned long long blocks, unsigned long long most, unsigned long long at)
{
    char *copied = (char *)malloc(most), *block;
    unsigned long long number;
    int byte;
    for (number = 1; pl_next(job); number++) {
        size_t size = number == 1 ? most : 8 + number * 1000003 % (most - 7);
        if (number == blocks) pl_finish(job);
        /* In place and by copy, and room that is given up. */
        if (number % 5 == 0) pl_reserve(job, 0, size / 2);
        block = number % 2 ? (char *)pl_reserve(job, 0, size) : copied;
        memset(block, (int)(number & 0xff), size);
        for (byte = 0; byte < 8; byte++) block[byte] = (char)(number >> (8 * byte));
        if (number == at) raise(SIGKILL);
        if (number % 2) pl_commit(job, 0);
        else pl_write(job, 0, block, size);
    }
    free(copied);
}

/* Sees that the blocks are those of `pattern`. It is killed at block `at`. */
static void verify(pl_job *job, unsigned long long at)
{
    const char *pipes = getenv("PIPELOOM_PIPES");
    char result[80];
    unsigned long long number;
    for (number = 1; pl_next(job); number++) {
        pl_block block = pl_in(job, 0, 0);
        unsigned long long begins = 0;
        size_t place;
        if (number == at) raise(SIGKILL);
        for (place = 8; place-- > 0;) begins = begins << 8 | (block.size < 8 ? 0 : block.bytes[place]);
        for (place = 8; place < block.size && block.bytes[place] == (number & 0xff); place++) {}
        if (begins != number || place < block.size) pl_fail(job, "block %llu is not what was sent", number);
    }
    snprintf(result, sizeof result, "{\"blocks\":%llu,\"shared\":%s}", number - 1,
             pipes && strstr(pipes, "\"ring\"") ? "true" : "false");
    pl_result(job, result);
}

/* The arguments that the network file gives. */
static void args(pl_job *job)
{
    if (pl_next(job)) pl_printf(job, 0, "%s", pl_args(job));
}

int main(int argc, char **argv)
{
    pl_job *job = pl_open(&argc, argv);
    const char *deed = argc > 1 ? argv[1] : "";
    if (!strcmp(deed, "forward")) forward(job);
    else if (!strcmp(deed, "sum")) sum(job);
    else if (!strcmp(deed, "count")) count(job, argc > 2 ? atol(argv[2]) : 0);
    else if (!strcmp(deed, "burst")) burst(job, argc > 2 ? atol(argv[2]) : 0, argc > 3 ? (size_t)atol(argv[3]) : 0);
    else if (!strcmp(deed, "report")) report(job);
    else if (!strcmp(deed, "stuck")) stuck(job);
    else if (!strcmp(deed, "dwell")) dwell(job);
    else if (!strcmp(deed, "args")) args(job);
    else if (!strcmp(deed, "fail")) fail(job);
    else if (!strcmp(deed, "pattern"))
        pattern(job, argc > 2 ? strtoull(argv[2], NULL, 10) : 0, argc > 3 ? strtoull(argv[3], NULL, 10) : 8,
                argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
    else if (!strcmp(deed, "verify")) verify(job, argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
    else if (!strcmp(deed, "commit")) commit(job, argc > 2 ? atoi(argv[2]) : 1);
    else if (!strcmp(deed, "late")) late(job);
    else if (!strcmp(deed, "die")) die(job, argc > 2 ? atoi(argv[2]) : 0);
    else pl_fail(job, "no deed is called %s", deed);
    return pl_close(job);
}
