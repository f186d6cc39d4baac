/* pipeloom.h: jobs in C for Pipeloom. C99 with the atomics of gcc and clang, and POSIX, nothing else.
 *
 * In one file of the program, before anything else is included:
 *
 *     #define PIPELOOM_IMPLEMENTATION
 *     #include "pipeloom.h"
 *
 * A job that doubles numbers, one a line:
 *
 *     int main(int argc, char **argv)
 *     {
 *         pl_job *job = pl_open(&argc, argv);
 *         while (pl_next(job))
 *             pl_printf(job, 0, "%g", 2 * atof(pl_text(job, 0, 0)));
 *         return pl_close(job);
 *     }
 *
 * What goes wrong (a pipe that cannot be opened, a stream that ends inside a block, a block that cannot stand on its pipe)
 * is said on standard error with the job's and the pipe's name. pl_next gives 0 from then on, and pl_close gives 1. That
 * nobody reads the outputs any more is no failure: pl_next gives 0, and pl_close gives 0. */

#ifndef PIPELOOM_H
#define PIPELOOM_H

#if defined(PIPELOOM_IMPLEMENTATION) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <stddef.h>
#include <stdint.h>

/* Heads are numbers with their last bit as 1. These bits depend on the head's size in bytes (pl_head_size). */
#define PL_CORRUPTED(size) ((uint32_t)0x80 << (8 * ((size) - 1)))
#define PL_RESET(size) ((uint32_t)0x40 << (8 * ((size) - 1)))
#define PL_FINISHED(size) ((uint32_t)0x20 << (8 * ((size) - 1)))

typedef struct pl_job pl_job;

typedef struct {
    const unsigned char *bytes; /* there until the next pl_next */
    size_t size;
    uint32_t head;
} pl_block;

/* Opens all pipes: in a run those of PIPELOOM_PIPES; by hand [--codec NAME] [--block-size BYTES] [--block-count BLOCKS]
 * [--head BYTES], each for the pipes behind it, and -i PATH and -o PATH ("-" for a standard stream; codec lines unless
 * said). Takes all of these out of argv, so that what is left is the job's. Never NULL. */
pl_job *pl_open(int *argc, char **argv);

/* The job's arguments, `args` in the network file, as the text of a JSON object; "{}" if there are none. */
const char *pl_args(const pl_job *job);

int pl_inputs(const pl_job *job);
int pl_outputs(const pl_job *job);
int pl_head_size(const pl_job *job);

/* Goes on to the next compute block; 1 if there is one. Writes what was gathered before it waits. For a source: 1 unless
 * it was asked to end (SIGTERM), has called pl_finish, or nobody reads its outputs any more. */
int pl_next(pl_job *job);

/* Block `place` (0 unless the pipe has a block_count) of input `input`, both from 0. */
pl_block pl_in(const pl_job *job, int input, int place);
/* The same as a text, of a pipe with codec lines, nul or json. */
const char *pl_text(const pl_job *job, int input, int place);
int pl_block_count(const pl_job *job, int input);

/* All heads of the compute block joined by "or": what blocks are written with unless pl_write_head says otherwise.
 * Reset and finished are not the job's to write. */
uint32_t pl_head(const pl_job *job);

/* Writes a block to an output, from 0. It may be gathered; pl_next and pl_flush write it. */
void pl_write(pl_job *job, int output, const void *bytes, size_t size);
void pl_write_head(pl_job *job, int output, uint32_t head, const void *bytes, size_t size);
void pl_printf(pl_job *job, int output, const char *format, ...);

/* The same without a copy where the other end shares memory with this one: room for a payload, never NULL, to be filled and written
 * by pl_commit before anything else is done with this output. Room that is not committed is no block. */
void *pl_reserve(pl_job *job, int output, size_t size);
void pl_commit(pl_job *job, int output);
void pl_commit_head(pl_job *job, int output, uint32_t head);

/* Before the last blocks are written: they carry the finished bit, and pl_next gives 0 after them. */
void pl_finish(pl_job *job);

/* Before a source waits for something outside. */
void pl_flush(pl_job *job);

/* Says that all compute blocks so far are done; with delivery = "at-least-once" the others are given to the program again
 * when it is restarted. The kit does this by itself: a compute block is done at the next pl_next, once what was written
 * is on the pipes. A job that keeps blocks for later, to commit a hundred at once, calls this before its first pl_next:
 * from then on the kit leaves it to the job. It is told at the next pl_next or at pl_close. */
void pl_acknowledge(pl_job *job);

/* The control channel. Outside a run these do nothing. `json` is any JSON text without a line break. */
void pl_ready(pl_job *job);
void pl_progress(pl_job *job, double fraction, const char *message_or_null);
void pl_status(pl_job *job, const char *json);
void pl_metric(pl_job *job, const char *name, double value);
void pl_result(pl_job *job, const char *json);

/* Says what went wrong; the job fails. */
void pl_fail(pl_job *job, const char *format, ...);

/* Writes the rest, closes all and gives the exit code. */
int pl_close(pl_job *job);

#endif /* PIPELOOM_H */

#if defined(PIPELOOM_IMPLEMENTATION) && !defined(PIPELOOM_IMPLEMENTED)
#define PIPELOOM_IMPLEMENTED

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PL_READ_BYTES ((size_t)64 * 1024)
#define PL_GATHERED_BYTES ((size_t)64 * 1024)
#define PL_MAX_BLOCK_BYTES ((size_t)256 << 20)
/* When it is told which compute blocks are done, in a stream that leaves no time for it. */
#define PL_DONE_BLOCKS 64
#define PL_DONE_BYTES ((size_t)64 * 1024)
/* What was written is handed over after a step that took longer than this: whoever waits for it would wait for the next step
 * too. While steps are short the clock is read only after several of them: it would cost as much as they do. */
#define PL_LONG_STEP_NS 20000
#define PL_SHORT_STEP_NS 1000
#define PL_SHORT_STEPS 64

typedef enum { PL_BYTES, PL_FRAMED, PL_LINES, PL_STREAM } pl_framing;
typedef struct { char *data; size_t start, end, room; } pl_buffer;

/* Memory that both ends of a pipe share. Before it reads anything the reader says at PL_KNOWN that it looks there, for payloads of so
 * many bytes; until the writer sees that, blocks are what they are on any pipe. Then such payloads lie there; on the pipe stands
 * a length with its highest bit set, where the payload is, in units of PL_ALIGN, and its ticket. The memory begins with
 * words: at PL_WANTED the ticket that the writer waits for, or 0; at PL_HUNGRY 1 while the reader waits for the next block
 * and has payloads; from PL_RELEASED on, for tickets with each remainder, the one that was released last. Whoever could miss
 * the other writes its word first and then makes a read-modify-write of `wanted`: of two such the later one sees it all. */
#define PL_WORTH_BYTES ((size_t)4 * 1024)
#define PL_CONTROL_BYTES ((size_t)64 * 1024)
#define PL_ALIGN ((size_t)64)
#define PL_WANTED 0
#define PL_HUNGRY 16
#define PL_RELEASED 32
#define PL_SLOTS 512
#define PL_KNOWN (PL_RELEASED + PL_SLOTS)
#define PL_LENGTHS (PL_KNOWN + 1) /* bytes: 1 more than the blocks before the first one with a length */
#define PL_WRITER (PL_LENGTHS + 1) /* 1 once a program has opened the writer's side */
#define PL_ALWAYS UINT32_MAX
#define PL_IN_RING ((uint32_t)1 << 31)

typedef struct {
    int fd, bell; /* bell: the reader rings when there may be room */
    size_t bytes; /* 0: there is no such memory */
    uint32_t *words, last; /* last: the last ticket */
    char *payloads;
    /* Writers: the places that are taken, the oldest first, and where the next one begins. */
    struct pl_taken { size_t start, end; uint32_t ticket; } *taken;
    size_t first, count, head;
    size_t worth; /* writers: the shortest payload that is worth it, for either side */
    int begun; /* large payloads lie there */
    int late;  /* another program has written before: nothing more is put there */
} pl_ring;

typedef struct {
    char *name, *path;
    pl_framing framing;
    char end_byte; /* PL_LINES: what each block ends with */
    int input, fd, head; /* head: whether there are heads on the wire */
    size_t block_size, block_count, max;
    pl_buffer buffer;
    /* Inputs: the blocks that are cut so far. */
    struct pl_cut { size_t at, size; uint32_t head, ticket; } *cut; /* ticket: 0, or it lies in the ring */
    size_t cuts, searched, next; /* next: where the block begins that is cut next */
    int ended;
    /* Outputs: where the last block begins that is not written at all, or (size_t)-1. */
    size_t last;
    int gone, reset_due, emitted;
    /* What the run is told at the end; it sees nothing of a pipe between two kits, and no bits that are cleared here. */
    int between_kits;
    uint32_t last_head;
    unsigned long long blocks, bytes, torn, false_resets;
    pl_ring ring;
    size_t placed; /* bytes in the ring since everything was written last */
    /* Outputs: the room that was given last, where it lies if that is not in the ring, and its ticket if it is. */
    char *reserved, *scratch;
    size_t reserved_size;
    uint32_t reserved_ticket;
} pl_pipe;

struct pl_job {
    const char *name, *args;
    char *table, *nowhere; /* nowhere: room for what goes to an output that is not there */
    pl_pipe *pipes; /* inputs first */
    int inputs, outputs, head_size, control, failed, in_run;
    int each; /* no output may have more blocks than there are compute blocks */
    unsigned long long given; /* compute blocks so far */
    long long beat_every, beaten; /* milliseconds; 0: the run has not asked for it */
    int never_blocks; /* no write may wait by itself */
    int started, final, over, mark; /* this compute block is the last; it is done; what was written last is the streams' last */
    uint32_t head;
    /* Compute blocks that are done, if the run wants to know: those whose steps are over, those of which the job has said so,
     * and those that the run knows. lost: something could not be written. much: something was written for its size. */
    int acknowledge, job_says, lost, much;
    unsigned long long stepped, said, told;
    size_t untold_bytes;
    /* When the clock was read, how many steps ago, and after how many it is read again. */
    struct timespec looked;
    long steps, look_after;
};

static volatile sig_atomic_t pl_asked_to_end;
static void pl_on_term(int signal) { (void)signal; pl_asked_to_end = 1; }

/* ---- errors and memory */

static void pl_say(pl_job *job, const pl_pipe *pipe, const char *format, va_list args)
{
    fprintf(stderr, "%s: ", job->name);
    if (pipe) fprintf(stderr, "pipe %s: ", pipe->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    job->failed = 1;
}

void pl_fail(pl_job *job, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pl_say(job, NULL, format, args);
    va_end(args);
}

static void pl_fail_pipe(pl_job *job, const pl_pipe *pipe, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pl_say(job, pipe, format, args);
    va_end(args);
}

static void *pl_resize(void *old, size_t bytes)
{
    void *room = realloc(old, bytes ? bytes : 1);
    if (!room) {
        fputs("pipeloom.h: no memory left\n", stderr);
        exit(1);
    }
    return room;
}

/* Room for so many bytes at the end, and one more. */
static char *pl_room(pl_buffer *buffer, size_t bytes)
{
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
    if (buffer->room - buffer->end <= bytes) {
        size_t wanted = buffer->end + bytes + 1;
        buffer->room = wanted > 2 * buffer->room ? wanted : 2 * buffer->room;
        buffer->data = (char *)pl_resize(buffer->data, buffer->room);
    }
    return buffer->data + buffer->end;
}

/* ---- the table of pipes, as JSON */

static const char *pl_space(const char *at) { return at + strspn(at, " \t\r\n"); }

/* Reads a string; gives what is behind it, or NULL. */
static const char *pl_string(const char *at, char **into)
{
    char *out;
    if (*at++ != '"') return NULL;
    out = *into = (char *)pl_resize(NULL, strlen(at) + 1);
    for (; *at && *at != '"'; at++) {
        unsigned code;
        if (*at != '\\') { *out++ = *at; continue; }
        switch (*++at) {
        case 'n': *out++ = '\n'; break;
        case 't': *out++ = '\t'; break;
        case 'r': *out++ = '\r'; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'u': /* the runtime writes what is not a control character as it is */
            if (sscanf(at + 1, "%4x", &code) != 1 || code > 0x7f) { free(*into); return NULL; }
            *out++ = (char)code;
            at += 4;
            break;
        default: *out++ = *at;
        }
    }
    *out = 0;
    if (*at != '"') { free(*into); return NULL; }
    return at + 1;
}

/* Passes a value of any kind. */
static const char *pl_skip(const char *at)
{
    int depth = 0;
    do {
        char *text;
        at = pl_space(at);
        if (*at == '"') {
            if (!(at = pl_string(at, &text))) return NULL;
            free(text);
        } else if (*at == '[' || *at == '{') depth++, at++;
        else if (*at == ']' || *at == '}') depth--, at++;
        else if (*at == ',' || *at == ':') at++;
        else if (*at) at += strcspn(at, ",]} \t\r\n");
        else return NULL;
    } while (depth > 0);
    return at;
}

/* Goes to the next key of an object: gives where its value is and puts the key into `key`. NULL after the last one. */
static const char *pl_key(const char *at, char *key, size_t room)
{
    char *text;
    at = pl_space(at);
    if (*at == '{' || *at == ',') at = pl_space(at + 1);
    if (*at != '"' || !(at = pl_string(at, &text))) return NULL;
    snprintf(key, room, "%s", text);
    free(text);
    at = pl_space(at);
    return *at == ':' ? pl_space(at + 1) : NULL;
}

static int pl_is_true(const char *at) { return strncmp(at, "true", 4) == 0; }

static pl_pipe *pl_add_pipe(pl_job *job)
{
    size_t count = (size_t)(job->inputs + job->outputs);
    pl_pipe *pipe;
    job->pipes = (pl_pipe *)pl_resize(job->pipes, (count + 1) * sizeof *pipe);
    pipe = memset(job->pipes + count, 0, sizeof *pipe);
    pipe->fd = -1;
    pipe->block_count = 1;
    pipe->max = PL_MAX_BLOCK_BYTES;
    pipe->last = (size_t)-1;
    return pipe;
}

static void pl_set_codec(pl_job *job, pl_pipe *pipe, const char *codec)
{
    if (!strcmp(codec, "bytes")) pipe->framing = PL_BYTES;
    else if (!strcmp(codec, "framed") || !strcmp(codec, "bincode")) pipe->framing = PL_FRAMED;
    else if (!strcmp(codec, "lines") || !strcmp(codec, "json")) pipe->framing = PL_LINES, pipe->end_byte = '\n';
    else if (!strcmp(codec, "nul")) pipe->framing = PL_LINES, pipe->end_byte = 0;
    else if (!strcmp(codec, "stream")) pipe->framing = PL_STREAM;
    else {
        pl_fail_pipe(job, pipe, "codec %s is none that this program knows", codec);
        return;
    }
    if (pipe->framing == PL_STREAM) pipe->head = 0;
    if (pipe->framing == PL_BYTES && !pipe->block_size) pl_fail_pipe(job, pipe, "codec bytes needs a block size");
}

/* Counts the pipe added last. Inputs stand before outputs. */
static void pl_count_pipe(pl_job *job)
{
    pl_pipe *first_output = job->pipes + job->inputs, added = first_output[job->outputs];
    if (added.input) {
        memmove(first_output + 1, first_output, (size_t)job->outputs * sizeof added);
        *first_output = added;
        job->inputs++;
    } else job->outputs++;
}

static void pl_read_ring(pl_ring *ring, const char *at)
{
    char key[32];
    const char *value;
    while (at && (value = pl_key(at, key, sizeof key))) {
        at = pl_skip(value);
        if (!strcmp(key, "fd")) ring->fd = atoi(value);
        else if (!strcmp(key, "room")) ring->bell = atoi(value);
        else if (!strcmp(key, "bytes")) ring->bytes = strtoull(value, NULL, 10);
    }
}

static const char *pl_read_pipe(pl_job *job, const char *at)
{
    char key[32], *codec = NULL, *direction = NULL;
    const char *value;
    pl_pipe *pipe = pl_add_pipe(job);
    while (at && (value = pl_key(at, key, sizeof key))) {
        at = pl_skip(value);
        if (!strcmp(key, "name")) pl_string(value, &pipe->name);
        else if (!strcmp(key, "path")) pl_string(value, &pipe->path);
        else if (!strcmp(key, "codec")) pl_string(value, &codec);
        else if (!strcmp(key, "direction")) pl_string(value, &direction);
        else if (!strcmp(key, "fd")) pipe->fd = atoi(value);
        else if (!strcmp(key, "head")) pipe->head = pl_is_true(value);
        else if (!strcmp(key, "between_kits")) pipe->between_kits = pl_is_true(value);
        else if (!strcmp(key, "block_size")) pipe->block_size = strtoull(value, NULL, 10);
        else if (!strcmp(key, "block_count")) pipe->block_count = strtoull(value, NULL, 10);
        else if (!strcmp(key, "max_block_bytes")) pipe->max = strtoull(value, NULL, 10);
        else if (!strcmp(key, "ring")) pl_read_ring(&pipe->ring, value);
    }
    if (!pipe->name || !codec || !direction || !pipe->block_count || (!pipe->path && pipe->fd < 0))
        pl_fail(job, "PIPELOOM_PIPES: a pipe lacks its name, codec, direction, block_count or place");
    else {
        pl_set_codec(job, pipe, codec);
        pipe->input = !strcmp(direction, "input");
        if (pipe->ring.bytes) job->never_blocks = 1;
    }
    pl_count_pipe(job);
    free(codec);
    free(direction);
    at = at ? pl_space(at) : NULL;
    return at && *at == '}' ? pl_space(at + 1) : NULL;
}

static void pl_read_table(pl_job *job, const char *at)
{
    char key[32];
    const char *value, *end = at;
    int version = 0;
    while (end && (value = pl_key(end, key, sizeof key))) {
        end = pl_skip(value);
        if (!strcmp(key, "v")) version = atoi(value);
        else if (!strcmp(key, "head_size")) job->head_size = atoi(value);
        else if (!strcmp(key, "each")) job->each = pl_is_true(value);
        else if (!strcmp(key, "acknowledge")) job->acknowledge = pl_is_true(value);
        else if (!strcmp(key, "heartbeat_seconds")) job->beat_every = 1 + (long long)(250 * strtod(value, NULL));
        else if (!strcmp(key, "pipes"))
            for (value = pl_space(value + 1); value && *value == '{'; value = value && *value == ',' ? pl_space(value + 1) : value)
                value = pl_read_pipe(job, value);
    }
    if (version != 1 || !end || *pl_space(end) != '}' || job->head_size < 1 || job->head_size > 4)
        pl_fail(job, "PIPELOOM_PIPES is not what this program understands: %s", at);
}

/* ---- showing the run that the program does not hang, from the loop that moves blocks: a step that hangs stops it */

static void pl_tell(pl_job *job, const char *before, const char *text, const char *middle, const char *after);

static long long pl_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pl_beat(pl_job *job)
{
    if (!job->beat_every || (job->beaten && pl_now() - job->beaten < job->beat_every)) return;
    job->beaten = pl_now();
    pl_tell(job, "{\"alive\":true}", NULL, "", "");
}

/* ---- memory that is shared with the other end of a pipe */

static void pl_open_ring(pl_job *job, pl_pipe *pipe)
{
    pl_ring *ring = &pipe->ring;
    struct stat about;
    void *at;
    if (!ring->bytes) return;
    if (fstat(ring->fd, &about) || (size_t)about.st_size < PL_CONTROL_BYTES + ring->bytes) {
        pl_fail_pipe(job, pipe, "descriptor %d is not the memory of a ring", ring->fd);
        return;
    }
    at = mmap(NULL, PL_CONTROL_BYTES + ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
    close(ring->fd);
    if (at == MAP_FAILED) { /* the memory is an offer, and may be more than the program may have */
        close(ring->bell);
        ring->bytes = 0;
        return;
    }
    fcntl(ring->bell, F_SETFD, FD_CLOEXEC);
    ring->words = (uint32_t *)at;
    ring->payloads = (char *)at + PL_CONTROL_BYTES;
    if (pipe->input) __atomic_store_n(ring->words + PL_KNOWN, (uint32_t)PL_WORTH_BYTES, __ATOMIC_RELEASE);
    else {
        ring->taken = (struct pl_taken *)pl_resize(NULL, PL_SLOTS * sizeof *ring->taken);
        ring->late = __atomic_exchange_n(ring->words + PL_WRITER, 1, __ATOMIC_ACQ_REL) != 0;
        ring->begun = ring->late && __atomic_load_n(ring->words + PL_LENGTHS, __ATOMIC_ACQUIRE);
    }
}

static void pl_close_ring(pl_ring *ring)
{
    if (!ring->words) return;
    munmap(ring->words, PL_CONTROL_BYTES + ring->bytes);
    close(ring->bell);
    free(ring->taken);
}

static uint32_t pl_get(const pl_ring *ring, size_t word) { return __atomic_load_n(ring->words + word, __ATOMIC_ACQUIRE); }
static void pl_set(pl_ring *ring, size_t word, uint32_t value) { __atomic_store_n(ring->words + word, value, __ATOMIC_RELEASE); }

/* Whether there is a length, or a place in the memory, before an input's next block, which has begun to come. */
static int pl_has_length(const pl_pipe *pipe)
{
    uint32_t from;
    if (pipe->framing == PL_FRAMED) return 1;
    return pipe->ring.words && (from = pl_get(&pipe->ring, PL_LENGTHS)) && pipe->blocks >= from - 1;
}

/* Whether the next block belongs into the memory. From the first such block on all have lengths. */
static int pl_belongs_there(pl_pipe *pipe, size_t size)
{
    pl_ring *ring = &pipe->ring;
    if (!ring->words || ring->late || size < PL_WORTH_BYTES || size < ring->worth || size > ring->bytes) return 0;
    if (!ring->begun && pipe->blocks < UINT32_MAX && (ring->worth = pl_get(ring, PL_KNOWN)) && size >= ring->worth) {
        pl_set(ring, PL_LENGTHS, (uint32_t)pipe->blocks + 1);
        ring->begun = 1;
    }
    return ring->begun;
}

/* Rings for the writer, if it waits for this ticket or one before it; for any with ticket 0. */
static void pl_ring_bell(pl_ring *ring, uint32_t ticket)
{
    uint64_t one = 1;
    uint32_t wanted = __atomic_fetch_add(ring->words + PL_WANTED, 0, __ATOMIC_ACQ_REL);
    if (!wanted || (wanted != PL_ALWAYS && ticket && ticket - wanted >= UINT32_MAX / 2)) return;
    if (wanted != PL_ALWAYS
        && !__atomic_compare_exchange_n(ring->words + PL_WANTED, &wanted, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    /* It fails only where so many have rung that one more makes no difference. */
    while (write(ring->bell, &one, sizeof one) < 0 && errno == EINTR) {}
}

/* Nobody looks at the blocks that are cut any more. */
static void pl_release(pl_pipe *pipe)
{
    size_t place;
    for (place = 0; place < pipe->cuts; place++) {
        uint32_t ticket = pipe->cut[place].ticket;
        if (!ticket) continue;
        pl_set(&pipe->ring, PL_RELEASED + ticket % PL_SLOTS, ticket);
        pl_ring_bell(&pipe->ring, ticket);
    }
    pipe->cuts = 0;
}

/* The program is about to wait: the writers of its inputs may be the ones that it waits for. An input that has blocks and
 * lacks others may have all of its memory. */
static void pl_before_waiting(pl_job *job)
{
    int at;
    for (at = 0; at < job->inputs; at++) {
        pl_pipe *pipe = job->pipes + at;
        if (!pipe->ring.words) continue;
        if (pipe->cuts && pipe->cuts < pipe->block_count) pl_set(&pipe->ring, PL_HUNGRY, 1);
        pl_ring_bell(&pipe->ring, 0);
    }
}

static int pl_is_released(const pl_ring *ring, uint32_t ticket)
{
    return pl_get(ring, PL_RELEASED + ticket % PL_SLOTS) == ticket;
}

/* A place for `size` bytes, if there is room. Places are taken one behind the other, and given back from the oldest on. */
static char *pl_take(pl_ring *ring, size_t size)
{
    size_t need = (size + PL_ALIGN - 1) / PL_ALIGN * PL_ALIGN, oldest, start;
    struct pl_taken *taken;
    while (ring->count && pl_is_released(ring, ring->taken[ring->first].ticket))
        ring->first = (ring->first + 1) % PL_SLOTS, ring->count--;
    if (!ring->count) ring->head = 0; /* what was used last is in the cache */
    if (ring->count + 2 >= PL_SLOTS) return NULL;
    oldest = ring->count ? ring->taken[ring->first].start : 0;
    start = ring->head;
    if (ring->count && ring->head <= oldest) {
        if (oldest - ring->head < need) return NULL;
    } else if (ring->bytes - ring->head < need) {
        if (oldest < need) return NULL;
        start = 0;
    }
    taken = ring->taken + (ring->first + ring->count++) % PL_SLOTS;
    ring->last = ring->last >= UINT32_MAX - 1 ? 1 : ring->last + 1;
    taken->start = start, taken->end = ring->head = start + need, taken->ticket = ring->last;
    return ring->payloads + start;
}

/* Says that the writer waits for room for `size` bytes, for half of the memory at least, and looks once more. */
static char *pl_ask(pl_ring *ring, size_t size)
{
    for (;;) {
        size_t place, free = 0, enough = size > ring->bytes / 2 ? size : ring->bytes / 2;
        uint32_t wanted = ring->last;
        char *room;
        for (place = 0; place < ring->count && free < enough; place++) {
            const struct pl_taken *taken = ring->taken + (ring->first + place) % PL_SLOTS;
            if (!pl_is_released(ring, taken->ticket)) wanted = taken->ticket;
            free += taken->end - taken->start;
        }
        __atomic_exchange_n(ring->words + PL_WANTED, wanted, __ATOMIC_ACQ_REL);
        /* One that was released in between, while older ones are not, nobody would ring for. */
        if ((room = pl_take(ring, size)) || !pl_is_released(ring, wanted)) return room;
    }
}

/* poll(2), for ever with `wait`, else not at all. */
static int pl_poll(pl_job *job, struct pollfd *polled, nfds_t count, int wait)
{
    int ready;
    if (wait) pl_before_waiting(job);
    if (!wait || !job->beat_every) return poll(polled, count, wait ? -1 : 0);
    do {
        pl_beat(job);
        ready = poll(polled, count, job->beat_every < 60000 ? (int)job->beat_every : 60000);
    } while (ready == 0);
    return ready;
}

/* ---- opening */

static void pl_open_pipe(pl_job *job, pl_pipe *pipe)
{
    struct stat about;
    int flags, wanted;
    if (pipe->path && strcmp(pipe->path, "-") != 0) {
        int create = job->in_run ? 0 : O_CREAT | O_TRUNC;
        do pipe->fd = open(pipe->path, pipe->input ? O_RDONLY : O_WRONLY | create, 0666);
        while (pipe->fd < 0 && errno == EINTR);
    } else {
        /* What the job prints or reads itself must not meet its blocks. */
        int given = pipe->path ? !pipe->input : pipe->fd, null = given ? -1 : open("/dev/null", O_RDONLY);
        pipe->fd = given > 1 ? given : dup(given);
        if (given == 1) dup2(2, 1);
        if (given == 0 && null > 0) dup2(null, 0), close(null);
    }
    if (pipe->fd < 0) {
        pl_fail_pipe(job, pipe, "failed to open %s: %s", pipe->path ? pipe->path : "it", strerror(errno));
        return;
    }
    /* With several outputs none may make the others wait, and no wait may keep the program from showing that it lives, or from
     * telling a writer of room. */
    flags = wanted = fcntl(pipe->fd, F_GETFL);
    if (pipe->input || (job->outputs == 1 && !job->never_blocks)) wanted &= ~O_NONBLOCK;
    else if (!fstat(pipe->fd, &about) && S_ISFIFO(about.st_mode)) wanted |= O_NONBLOCK;
    if (wanted != flags) fcntl(pipe->fd, F_SETFL, wanted);
}

static void pl_listen(int signal, int restart)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = pl_on_term;
    action.sa_flags = restart ? SA_RESTART : 0;
    sigaction(signal, &action, NULL);
}

static void pl_ignore(int signal) { (void)signal; }

/* Takes all that is ours out of argv. In a run the table says where the pipes are. */
static void pl_read_argv(pl_job *job, int *argc, char **argv)
{
    size_t block_size = 0, block_count = 1;
    const char *codec = "lines";
    int from, to = 1, head = 0;
    for (from = 1; from < *argc; from++) {
        const char *flag = argv[from], *value = from + 1 < *argc ? argv[from + 1] : NULL;
        int is_pipe = !strcmp(flag, "-i") || !strcmp(flag, "-o");
        if (value && is_pipe && !job->in_run) {
            pl_pipe *pipe = pl_add_pipe(job);
            pipe->path = strcpy((char *)pl_resize(NULL, strlen(value) + 1), value);
            pipe->name = strcpy((char *)pl_resize(NULL, strlen(value) + 1), value);
            pipe->input = flag[1] == 'i';
            pipe->head = head, pipe->block_size = block_size, pipe->block_count = block_count;
            pl_set_codec(job, pipe, codec);
            pl_count_pipe(job);
        } else if (value && !strcmp(flag, "--codec")) codec = value;
        else if (value && !strcmp(flag, "--block-size")) block_size = strtoull(value, NULL, 10);
        else if (value && !strcmp(flag, "--block-count")) block_count = strtoull(value, NULL, 10);
        else if (value && !strcmp(flag, "--head")) head = 1, job->head_size = atoi(value);
        else if (!value || !is_pipe) { argv[to++] = argv[from]; continue; }
        from++;
    }
    *argc = to;
    argv[to] = NULL;
    if (job->head_size < 1 || job->head_size > 4) pl_fail(job, "--head takes a number from 1 to 4");
    if (!block_count) pl_fail(job, "--block-count takes a number from 1");
}

pl_job *pl_open(int *argc, char **argv)
{
    pl_job *job = memset(pl_resize(NULL, sizeof *job), 0, sizeof *job);
    const char *table = getenv("PIPELOOM_PIPES"), *control = getenv("PIPELOOM_CONTROL");
    struct sigaction broken;
    int at;
    job->name = getenv("PIPELOOM_JOB");
    if (!job->name) job->name = argv[0];
    job->args = getenv("PIPELOOM_ARGS");
    if (!job->args) job->args = "{}";
    job->head_size = 1;
    job->in_run = table != NULL;
    job->control = control ? atoi(control) : -1;
    if (table) pl_read_table(job, table);
    if (!job->inputs) job->acknowledge = 0;
    pl_read_argv(job, argc, argv);
    memset(&broken, 0, sizeof broken);
    broken.sa_handler = pl_ignore; /* not SIG_IGN, which programs that it starts would inherit */
    broken.sa_flags = SA_RESTART;
    sigaction(SIGPIPE, &broken, NULL);
    pl_beat(job);
    if (job->beat_every) job->never_blocks = 1;
    for (at = 0; at < job->inputs + job->outputs && !job->failed; at++) pl_open_ring(job, job->pipes + at);
    for (at = 0; at < job->inputs + job->outputs && !job->failed; at++) pl_open_pipe(job, job->pipes + at);
    if (!job->inputs) pl_listen(SIGTERM, 0);
    else if (job->in_run) pl_listen(SIGTERM, 1);
    return job;
}

const char *pl_args(const pl_job *job) { return job->args; }
int pl_inputs(const pl_job *job) { return job->inputs; }
int pl_outputs(const pl_job *job) { return job->outputs; }
int pl_head_size(const pl_job *job) { return job->head_size; }
uint32_t pl_head(const pl_job *job) { return job->head; }

/* ---- reading */

static uint32_t pl_number(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

/* Cuts the next block off, if it is whole; else says how many bytes it lacks at least. */
static int pl_cut_block(pl_job *job, pl_pipe *pipe, size_t *lacks)
{
    char *at = pipe->buffer.data + pipe->next;
    size_t have = pipe->buffer.end - pipe->next, head = pipe->head ? (size_t)job->head_size : 0, place;
    size_t before = head, size = 0, after = 0, placed = 0;
    uint32_t bits = 0, ticket = 0;
    *lacks = 1;
    if (!have || have < head) return 0;
    if (pipe->framing == PL_LINES) {
        size_t from = pipe->searched > head ? pipe->searched : head;
        char *end = (char *)memchr(at + from, pipe->end_byte, have - from);
        pipe->searched = have;
        size = (end ? (size_t)(end - at) : have) - head;
        after = end ? 1 : 0;
        if (!end && size <= pipe->max && (!pipe->ended || !size)) return 0;
    } else if (pl_has_length(pipe)) {
        const char *length = at + head;
        if (have < (before += 4)) return 0;
        size = pl_number(length);
        if (pipe->ring.words && size & PL_IN_RING) {
            size &= ~PL_IN_RING;
            if (have < (before += 8)) return 0;
            placed = (size_t)pl_number(length + 4) * PL_ALIGN, ticket = pl_number(length + 8);
            if (!ticket || ticket == PL_ALWAYS || placed > pipe->ring.bytes || size > pipe->ring.bytes - placed) {
                pl_fail_pipe(job, pipe, "damaged ring: a block of %zu bytes at byte %zu, and the ring has %zu bytes; its writer is "
                             "at fault", size, placed, pipe->ring.bytes);
                return 0;
            }
        }
        if (pipe->framing == PL_BYTES && size != pipe->block_size) {
            pl_fail_pipe(job, pipe, "a block of %zu bytes on a pipe with block_size %zu", size, pipe->block_size);
            return 0;
        }
    } else size = pipe->framing == PL_BYTES ? pipe->block_size : have < PL_READ_BYTES ? have : PL_READ_BYTES;
    if (size > pipe->max) {
        pl_fail_pipe(job, pipe, "a block of %zu bytes, more than max_block_bytes = %zu", size, pipe->max);
        return 0;
    }
    if (!ticket && have < before + size) { *lacks = before + size - have; return 0; }
    for (place = 0; place < head; place++) bits = bits << 8 | (unsigned char)at[place];
    if (pipe->framing == PL_LINES) at[head + size] = 0;
    pipe->cut[pipe->cuts].at = ticket ? placed : pipe->next + before;
    pipe->cut[pipe->cuts].size = size;
    pipe->cut[pipe->cuts].ticket = ticket;
    pipe->cut[pipe->cuts++].head = pipe->last_head = bits;
    pipe->blocks++, pipe->bytes += size;
    pipe->next += before + (ticket ? 0 : size) + after;
    pipe->searched = 0;
    return 1;
}

/* Cuts the blocks of a compute block; 1 if they are all there. */
static int pl_cut_blocks(pl_job *job, pl_pipe *pipe, size_t *lacks)
{
    if (!pipe->cut) pipe->cut = (struct pl_cut *)pl_resize(NULL, pipe->block_count * sizeof *pipe->cut);
    while (pipe->cuts < pipe->block_count && pl_cut_block(job, pipe, lacks)) {}
    return pipe->cuts == pipe->block_count;
}

static void pl_read(pl_job *job, pl_pipe *pipe, size_t lacks)
{
    pl_buffer *buffer = &pipe->buffer;
    ssize_t count;
    if (buffer->start == buffer->end) pipe->next = buffer->start = buffer->end = 0;
    if (buffer->start && buffer->room - buffer->end <= (lacks > PL_READ_BYTES / 2 ? lacks : PL_READ_BYTES / 2)) {
        size_t place, by = buffer->start;
        memmove(buffer->data, buffer->data + by, buffer->end - by);
        buffer->start -= by, buffer->end -= by, pipe->next -= by;
        for (place = 0; place < pipe->cuts; place++)
            if (!pipe->cut[place].ticket) pipe->cut[place].at -= by;
    }
    /* Of a large block of known length just its own bytes, so that the next one begins where it need not be moved. */
    if (lacks == 1 || buffer->end - pipe->next + lacks < PL_READ_BYTES) lacks = PL_READ_BYTES;
    pl_room(buffer, lacks);
    if (job->beat_every) {
        struct pollfd polled;
        polled.fd = pipe->fd, polled.events = POLLIN, polled.revents = 0;
        pl_poll(job, &polled, 1, 1);
    } else pl_before_waiting(job);
    do count = read(pipe->fd, buffer->data + buffer->end, lacks);
    while (count < 0 && errno == EINTR);
    if (count < 0) pl_fail_pipe(job, pipe, "failed to read: %s", strerror(errno));
    if (count > 0) buffer->end += (size_t)count;
    if (pipe->ring.words) pl_set(&pipe->ring, PL_HUNGRY, 0);
    pipe->ended = count == 0;
}

/* ---- writing */

/* Whether the last block waits for what comes of this compute block: it may have to be marked. Not if more is written on
 * another output: its reader may need just this block to go on. */
static int pl_is_held(const pl_job *job, const pl_pipe *pipe, const pl_pipe *target)
{
    int may_be_last = pipe->head && (job->final || !job->inputs) && pipe->last != (size_t)-1;
    return may_be_last && target && pipe != target && pipe->emitted && !target->emitted;
}

/* Writes what is gathered (all but the block at `until`) and then `size` bytes more, as far as the pipe takes it. Gives 1
 * if all is written. */
static int pl_write_some(pl_job *job, pl_pipe *pipe, size_t until, const char *bytes, size_t size)
{
    pl_buffer *buffer = &pipe->buffer;
    while (!pipe->gone && (buffer->start < until || size)) {
        struct iovec pieces[2];
        size_t waiting = until - buffer->start;
        ssize_t count;
        pieces[0].iov_base = buffer->data + buffer->start, pieces[0].iov_len = waiting;
        pieces[1].iov_base = (void *)(uintptr_t)bytes, pieces[1].iov_len = size;
        count = writev(pipe->fd, pieces, size ? 2 : 1);
        if (count >= 0) {
            size_t of_these = (size_t)count < waiting ? (size_t)count : waiting;
            buffer->start += of_these;
            bytes += (size_t)count - of_these, size -= (size_t)count - of_these;
            if (pipe->last != (size_t)-1 && pipe->last < buffer->start) pipe->last = (size_t)-1;
        } else if (errno == EAGAIN) return 0;
        else if (errno == EPIPE) pipe->gone = 1;
        else if (errno != EINTR) {
            pl_fail_pipe(job, pipe, "failed to write: %s", strerror(errno));
            pipe->gone = job->lost = 1;
        }
    }
    if (pipe->gone) buffer->start = buffer->end = 0, pipe->last = (size_t)-1;
    if (buffer->start == buffer->end) buffer->start = buffer->end = pipe->placed = 0;
    else if (buffer->start > buffer->room / 2) {
        memmove(buffer->data, buffer->data + buffer->start, buffer->end - buffer->start);
        if (pipe->last != (size_t)-1) pipe->last -= buffer->start;
        buffer->end -= buffer->start, buffer->start = 0;
    }
    return 1;
}

/* Writes until output `target` has room, or, without one, until all is written. The others are served meanwhile, but for
 * what may be their last block. */
static void pl_serve(pl_job *job, const pl_pipe *target)
{
    for (;;) {
        struct pollfd *full = (struct pollfd *)pl_resize(NULL, (size_t)job->outputs * sizeof *full);
        nfds_t count = 0;
        int at, done = 1;
        for (at = 0; at < job->outputs; at++) {
            pl_pipe *pipe = job->pipes + job->inputs + at;
            int held = pl_is_held(job, pipe, target);
            if (pl_write_some(job, pipe, held ? pipe->last : pipe->buffer.end, NULL, 0)) continue;
            full[count].fd = pipe->fd, full[count].events = POLLOUT, count++;
            if (!target || pipe == target) done = 0;
        }
        if (!done) pl_poll(job, full, count, 1);
        free(full);
        if (done) return;
    }
}

static size_t pl_waiting(const pl_pipe *pipe) { return pipe->buffer.end - pipe->buffer.start; }

/* A place in the ring for `size` bytes; NULL if they go through the pipe. While there is no room all outputs are served. */
static char *pl_place(pl_job *job, pl_pipe *pipe, size_t size)
{
    pl_ring *ring = &pipe->ring;
    char *room;
    if (!pl_belongs_there(pipe, size)) return NULL;
    if ((room = pl_take(ring, size))) return room;
    job->much = 1;
    while (!job->failed && !pipe->gone) {
        struct pollfd *polled = (struct pollfd *)pl_resize(NULL, ((size_t)job->outputs + 2) * sizeof *polled);
        nfds_t count = 0;
        int at, queued = 0, waits;
        uint64_t rung;
        for (at = 0; at < job->outputs; at++) {
            pl_pipe *other = job->pipes + job->inputs + at;
            if (pl_write_some(job, other, pl_is_held(job, other, pipe) ? other->last : other->buffer.end, NULL, 0)) continue;
            polled[count].fd = other->fd, polled[count].events = POLLOUT, count++;
        }
        while (read(ring->bell, &rung, sizeof rung) < 0 && errno == EINTR) {}
        room = pl_ask(ring, size);
        /* A reader that has all there is and waits for the next block is given it through the pipe. */
        waits = !room && pl_get(ring, PL_HUNGRY) && !pl_waiting(pipe) && !ioctl(pipe->fd, FIONREAD, &queued) && !queued;
        if (!room && !waits && !pipe->gone) {
            polled[count].fd = ring->bell, polled[count].events = POLLIN, count++;
            polled[count].fd = pipe->fd, polled[count].events = 0, polled[count].revents = 0, count++;
            /* There is nothing to write that could tell that the reader has gone. */
            if (pl_poll(job, polled, count, 1) > 0 && polled[count - 1].revents) pipe->gone = 1;
        }
        free(polled);
        if (room || waits) break;
    }
    __atomic_exchange_n(ring->words + PL_WANTED, 0, __ATOMIC_ACQ_REL);
    return room;
}

void pl_flush(pl_job *job) { pl_serve(job, NULL); }

/* Whether a block can stand on the pipe; says what is wrong with it if not. */
static int pl_check_block(pl_job *job, const pl_pipe *pipe, const char *bytes, size_t size)
{
    if (pipe->framing == PL_BYTES && size != pipe->block_size)
        pl_fail_pipe(job, pipe, "a block of %zu bytes on a pipe with block_size %zu", size, pipe->block_size);
    else if (size > pipe->max || size > UINT32_MAX)
        pl_fail_pipe(job, pipe, "a block of %zu bytes, more than max_block_bytes = %zu", size, pipe->max);
    else if (pipe->framing == PL_LINES && size && memchr(bytes, pipe->end_byte, size))
        pl_fail_pipe(job, pipe, "a %s inside a block", pipe->end_byte ? "line break" : "NUL byte");
    else if (job->each && job->inputs && pipe->blocks >= job->given)
        pl_fail_pipe(job, pipe,
                     "a block for which there is no compute block: it is block %llu. One block is expected on each output for "
                     "each compute block; say `steps = \"free\"` if the job writes more or less",
                     pipe->blocks + 1);
    return !job->failed;
}

/* The head that the next block is written with: reset and finished are not the job's to write, and corruption spreads. */
static uint32_t pl_next_head(const pl_job *job, pl_pipe *pipe, uint32_t head)
{
    uint32_t reset = PL_RESET(job->head_size), due = pipe->reset_due ? reset : 0;
    /* The step's own reset bit has its cause, also where it stands in the head of a second block. */
    if (head & reset & ~job->head & ~due) pipe->false_resets++;
    pipe->reset_due = 0;
    return (head & ~(reset | PL_FINISHED(job->head_size))) | (job->head & PL_CORRUPTED(job->head_size)) | due;
}

static char *pl_put_number(char *to, uint32_t number)
{
    int place;
    for (place = 0; place < 4; place++) *to++ = (char)(number >> (8 * place));
    return to;
}

/* The output of this number, if there is one that can still be written. */
static pl_pipe *pl_output(pl_job *job, int output)
{
    if (output < 0 || output >= job->outputs) {
        pl_fail(job, "it writes output %d, and has %d", output, job->outputs);
        return NULL;
    }
    return job->failed || job->pipes[job->inputs + output].gone ? NULL : job->pipes + job->inputs + output;
}

/* A place that was reserved and is not written is free again. */
static void pl_give_up(pl_pipe *pipe)
{
    uint32_t ticket = pipe->reserved_ticket;
    if (ticket) pl_set(&pipe->ring, PL_RELEASED + ticket % PL_SLOTS, ticket);
    pipe->reserved_ticket = 0, pipe->reserved = NULL;
}

/* Makes room on an output before something is added. */
static int pl_has_room(pl_job *job, pl_pipe *pipe)
{
    if (pl_waiting(pipe) + pipe->placed >= PL_GATHERED_BYTES) job->much = 1, pl_serve(job, pipe);
    return !job->failed && !pipe->gone;
}

/* Adds a block; with a ticket its payload lies in the memory at `bytes`. */
static void pl_add_block(pl_job *job, pl_pipe *pipe, uint32_t head, const char *bytes, size_t size, uint32_t ticket)
{
    int place, direct;
    char *to;
    pipe->emitted = 1;
    pipe->blocks++;

    head = pl_next_head(job, pipe, head);
    /* A large block is not copied, unless it may have to be marked as the last one. */
    direct = !ticket && size >= PL_READ_BYTES / 4 && job->outputs == 1 && !job->never_blocks
        && !(pipe->head && (job->final || !job->inputs));
    to = pl_room(&pipe->buffer, 16 + (direct || ticket ? 0 : size));
    pipe->last = pipe->buffer.end;
    if (pipe->head)
        for (place = job->head_size; place-- > 0;) *to++ = (char)(head >> (8 * place));
    if (pipe->framing == PL_FRAMED || pipe->ring.begun) to = pl_put_number(to, (uint32_t)size | (ticket ? PL_IN_RING : 0));
    if (ticket) {
        to = pl_put_number(to, (uint32_t)((size_t)(bytes - pipe->ring.payloads) / PL_ALIGN));
        to = pl_put_number(to, ticket);
        pipe->placed += size;
    } else if (!direct && size) memcpy(to, bytes, size), to += size;
    if (!direct && pipe->framing == PL_LINES) *to++ = pipe->end_byte;
    pipe->buffer.end = (size_t)(to - pipe->buffer.data);
    if (direct) {
        job->much = 1;
        pl_write_some(job, pipe, pipe->buffer.end, bytes, size);
        if (pipe->framing == PL_LINES && !pipe->gone) *pl_room(&pipe->buffer, 1) = pipe->end_byte, pipe->buffer.end++;
        pipe->last = (size_t)-1;
    }
}

void pl_write_head(pl_job *job, int output, uint32_t head, const void *payload, size_t size)
{
    const char *bytes = (const char *)payload;
    pl_pipe *pipe = pl_output(job, output);
    char *placed;
    if (!pipe || !pl_check_block(job, pipe, bytes, size)) return;
    pl_give_up(pipe);
    if (!pl_has_room(job, pipe)) return;
    placed = pl_place(job, pipe, size);
    if (job->failed || pipe->gone) return;
    if (placed) memcpy(placed, bytes, size);
    pl_add_block(job, pipe, head, placed ? placed : bytes, size, placed ? pipe->ring.last : 0);
}

void *pl_reserve(pl_job *job, int output, size_t size)
{
    pl_pipe *pipe = pl_output(job, output);
    if (pipe) {
        pl_give_up(pipe);
        if (pl_has_room(job, pipe) && (pipe->reserved = pl_place(job, pipe, size))) pipe->reserved_ticket = pipe->ring.last;
    } else if (output < 0 || output >= job->outputs) return job->nowhere = (char *)pl_resize(job->nowhere, size);
    else pipe = job->pipes + job->inputs + output;
    if (!pipe->reserved) pipe->reserved = pipe->scratch = (char *)pl_resize(pipe->scratch, size);
    pipe->reserved_size = size;
    return pipe->reserved;
}

void pl_commit_head(pl_job *job, int output, uint32_t head)
{
    pl_pipe *pipe = pl_output(job, output);
    char *bytes;
    size_t size;
    uint32_t ticket;
    if (!pipe) return;
    bytes = pipe->reserved, size = pipe->reserved_size, ticket = pipe->reserved_ticket;
    pipe->reserved = NULL, pipe->reserved_ticket = 0;
    if (!bytes) pl_fail_pipe(job, pipe, "a block is committed that was not reserved");
    else if (!ticket) pl_write_head(job, output, head, bytes, size);
    else if (pl_check_block(job, pipe, bytes, size)) pl_add_block(job, pipe, head, bytes, size, ticket);
}

void pl_commit(pl_job *job, int output) { pl_commit_head(job, output, job->head); }

void pl_write(pl_job *job, int output, const void *bytes, size_t size)
{
    pl_write_head(job, output, job->head, bytes, size);
}

void pl_printf(pl_job *job, int output, const char *format, ...)
{
    va_list args;
    char *text;
    int size;
    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = (char *)pl_resize(NULL, size < 0 ? 1 : (size_t)size + 1);
    va_start(args, format);
    vsnprintf(text, size < 0 ? 1 : (size_t)size + 1, format, args);
    va_end(args);
    pl_write(job, output, text, size < 0 ? 0 : (size_t)size);
    free(text);
}

/* ---- compute blocks that are done */

static void pl_tell(pl_job *job, const char *before, const char *text, const char *middle, const char *after);

static unsigned long long pl_done(const pl_job *job)
{
    if (!job->acknowledge || job->lost) return job->told;
    return job->job_says && job->said < job->stepped ? job->said : job->stepped;
}

/* The time until now was spent waiting. */
static void pl_waited(pl_job *job)
{
    clock_gettime(CLOCK_MONOTONIC, &job->looked);
    job->steps = 0;
}

/* Whether the step that is over, or one shortly before it, took long. */
static int pl_was_long(pl_job *job)
{
    struct timespec before = job->looked;
    long long took, steps = ++job->steps;
    if (steps < job->look_after) return 0;
    pl_waited(job);
    took = (job->looked.tv_sec - before.tv_sec) * 1000000000LL + job->looked.tv_nsec - before.tv_nsec;
    if (took / steps >= PL_SHORT_STEP_NS) job->look_after = 1;
    else if (job->look_after < PL_SHORT_STEPS) job->look_after = job->look_after ? 2 * job->look_after : 2;
    return took > PL_LONG_STEP_NS;
}

/* The step for the last compute block is over. Says whether what was written should be handed over now, and what is done be
 * told: after a step that took long, when the job says so, and when it is much. Sources say themselves when they wait. */
static int pl_step_is_over(pl_job *job)
{
    int was_long;
    if (!job->inputs || job->failed || job->stepped == job->given) return 0;
    job->stepped = job->given;
    was_long = (job->outputs || job->acknowledge) && pl_was_long(job);
    if (!job->acknowledge) return was_long;
    if (job->job_says) return was_long || pl_done(job) > job->told;
    return was_long || job->much || job->untold_bytes >= PL_DONE_BYTES || job->stepped - job->told >= PL_DONE_BLOCKS;
}

/* A step begins, for the blocks that are cut. */
static void pl_step_begins(pl_job *job)
{
    int at;
    size_t place;
    if (!job->acknowledge) return;
    for (at = 0; at < job->inputs; at++)
        for (place = 0; place < job->pipes[at].cuts; place++) job->untold_bytes += job->pipes[at].cut[place].size;
}

/* Tells the run what is done. Everything must be written. */
static void pl_tell_done(pl_job *job)
{
    char number[32];
    unsigned long long done = pl_done(job);
    if (done <= job->told) return;
    job->told = done, job->untold_bytes = 0, job->much = 0;
    sprintf(number, "%llu}", done);
    pl_tell(job, "{\"done\":", NULL, number, "");
}

void pl_acknowledge(pl_job *job)
{
    if (job->given && !job->job_says)
        pl_fail(job, "the first pl_acknowledge comes too late: call it before the first pl_next, or the kit says what is done");
    job->job_says = 1;
    job->said = job->given;
}

/* ---- compute blocks */

/* Whether something is to be written, or to be told. */
static int pl_is_pending(const pl_job *job)
{
    int at;
    if (pl_done(job) > job->told) return 1;
    for (at = 0; at < job->outputs; at++)
        if (pl_waiting(job->pipes + job->inputs + at)) return 1;
    return 0;
}

static int pl_is_wanted(const pl_job *job)
{
    int at;
    for (at = 0; at < job->outputs; at++)
        if (!job->pipes[job->inputs + at].gone) return 1;
    return job->outputs == 0;
}

/* An input is at its end and lacks blocks: no compute block can be made any more. That the writer of a pipe between two
 * kits was cut off, the run knows; what else came is whole. */
static void pl_end_of(pl_job *job, pl_pipe *pipe)
{
    size_t left = pipe->buffer.end - pipe->next;
    job->over = 1;
    if (pipe->between_kits) pipe->torn = left;
    else if (left && !job->failed)
        pl_fail_pipe(job, pipe,
                     "the stream ended inside a block, after %zu bytes of it: its writer was cut off, or its blocks are not what "
                     "the pipe's codec, block_size and heads say",
                     left);
}

/* Reads from inputs that lack blocks: from all of them, since a writer may need to be rid of one block before it writes
 * another. Writes first what was gathered, if it has to wait. Gives 0 if all have their blocks. */
static int pl_gather(pl_job *job)
{
    size_t count = 0, lacks, first_lacks = 0;
    pl_pipe *first = NULL;
    struct pollfd *polled;
    int at, ready;
    for (at = 0; at < job->inputs && !job->failed; at++) {
        pl_pipe *pipe = job->pipes + at;
        if (pl_cut_blocks(job, pipe, &lacks)) continue;
        if (pipe->ended) { pl_end_of(job, pipe); return 0; }
        if (!first) first = pipe, first_lacks = lacks;
        count++;
    }
    if (job->failed || !count) return 0;
    if (count == 1 && !pl_is_pending(job)) { pl_read(job, first, first_lacks); return 1; }
    polled = (struct pollfd *)pl_resize(NULL, (size_t)job->inputs * sizeof *polled);
    for (at = 0; at < job->inputs; at++) {
        /* Those that lack nothing are left out. */
        polled[at].fd = job->pipes[at].cuts < job->pipes[at].block_count ? job->pipes[at].fd : -1;
        polled[at].events = POLLIN, polled[at].revents = 0;
    }
    ready = pl_poll(job, polled, (nfds_t)job->inputs, !pl_is_pending(job));
    if (ready == 0) pl_flush(job), pl_tell_done(job);
    for (at = 0; at < job->inputs && ready > 0; at++)
        if (polled[at].revents) {
            pl_cut_blocks(job, job->pipes + at, &lacks);
            pl_read(job, job->pipes + at, lacks);
        }
    free(polled);
    return 1;
}

int pl_next(pl_job *job)
{
    int at, due = pl_step_is_over(job), waited = due;
    size_t place;
    pl_beat(job);
    if (job->failed || job->over || job->final || !pl_is_wanted(job)) {
        job->over = 1;
        return 0;
    }
    if (!job->inputs && pl_asked_to_end) {
        job->over = job->mark = 1;
        return 0;
    }
    if (due) pl_flush(job), pl_tell_done(job);
    for (at = 0; at < job->inputs; at++) {
        job->pipes[at].buffer.start = job->pipes[at].next;
        pl_release(job->pipes + at);
    }
    while (pl_gather(job)) waited = 1;
    if (waited) pl_waited(job);
    if (job->failed || job->over) {
        job->over = 1;
        job->head = 0;
        /* What is written without any compute block begins its stream. */
        for (at = 0; at < job->outputs && !job->started; at++) job->pipes[job->inputs + at].reset_due = 1;
        return 0;
    }
    job->head = job->inputs || job->started ? 0 : PL_RESET(job->head_size);
    job->started = 1;
    job->given++;
    for (at = 0; at < job->inputs; at++)
        for (place = 0; place < job->pipes[at].cuts; place++) job->head |= job->pipes[at].cut[place].head;
    for (at = 0; at < job->outputs; at++) {
        job->pipes[job->inputs + at].emitted = 0;
        if (job->head & PL_RESET(job->head_size)) job->pipes[job->inputs + at].reset_due = 1;
    }
    if (job->inputs && job->head & PL_FINISHED(job->head_size)) job->final = 1;
    pl_step_begins(job);
    return 1;
}

pl_block pl_in(const pl_job *job, int input, int place)
{
    pl_block block = { (const unsigned char *)"", 0, 0 };
    const pl_pipe *pipe = job->pipes + input;
    if (input >= 0 && input < job->inputs && place >= 0 && (size_t)place < pipe->cuts) {
        const char *base = pipe->cut[place].ticket ? pipe->ring.payloads : pipe->buffer.data;
        block.bytes = (const unsigned char *)base + pipe->cut[place].at;
        block.size = pipe->cut[place].size;
        block.head = pipe->cut[place].head;
    }
    return block;
}

const char *pl_text(const pl_job *job, int input, int place)
{
    return (const char *)pl_in(job, input, place).bytes;
}

int pl_block_count(const pl_job *job, int input)
{
    return input >= 0 && input < job->inputs ? (int)job->pipes[input].cuts : 0;
}

void pl_finish(pl_job *job) { job->final = 1; }

static void pl_tell_pipe(pl_job *job, const pl_pipe *pipe);

int pl_close(pl_job *job)
{
    int at, code;
    pl_step_is_over(job);
    for (at = 0; at < job->outputs; at++)
        if (job->final && job->pipes[job->inputs + at].emitted) job->mark = 1;
    for (at = 0; at < job->outputs && job->mark && !job->failed; at++) {
        pl_pipe *pipe = job->pipes + job->inputs + at;
        if (pipe->head && pipe->last != (size_t)-1) pipe->buffer.data[pipe->last] |= 0x20;
    }
    if (job->outputs) pl_flush(job);
    pl_tell_done(job);
    for (at = 0; at < job->inputs + job->outputs; at++) {
        pl_pipe *pipe = job->pipes + at;
        pl_tell_pipe(job, pipe);
        pl_close_ring(&pipe->ring);
        if (pipe->fd >= 0) close(pipe->fd);
        free(pipe->name), free(pipe->path), free(pipe->buffer.data), free(pipe->cut), free(pipe->scratch);
    }
    code = job->failed;
    free(job->pipes);
    free(job->nowhere);
    free(job);
    return code;
}

/* ---- the control channel */

static void pl_tell(pl_job *job, const char *before, const char *text, const char *middle, const char *after)
{
    /* A text at worst becomes six times as long. */
    char *line = (char *)pl_resize(NULL, strlen(before) + 6 * (text ? strlen(text) : 0) + strlen(middle) + strlen(after) + 2);
    char *to = line + sprintf(line, "%s", before);
    size_t done = 0, size;
    for (; text && *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20) to += sprintf(to, "\\u%04x", byte);
        else to += byte == '"' || byte == '\\' ? sprintf(to, "\\%c", byte) : sprintf(to, "%c", byte);
    }
    to += sprintf(to, "%s%s\n", middle, after);
    for (size = (size_t)(to - line); job->control >= 0 && done < size;) {
        ssize_t count = write(job->control, line + done, size - done);
        if (count > 0) done += (size_t)count;
        else if (errno != EINTR) job->control = -1; /* nobody listens any more, which is no reason to stop */
    }
    free(line);
}

void pl_ready(pl_job *job) { pl_tell(job, "{\"ready\":true}", NULL, "", ""); }
void pl_status(pl_job *job, const char *json) { pl_tell(job, "{\"status\":", NULL, json, "}"); }
void pl_result(pl_job *job, const char *json) { pl_tell(job, "{\"result\":", NULL, json, "}"); }

void pl_metric(pl_job *job, const char *name, double value)
{
    char number[64];
    snprintf(number, sizeof number, "%.17g", value);
    if (value - value == 0) pl_tell(job, "{\"metrics\":{\"", name, "\":", strcat(number, "}}"));
}

void pl_progress(pl_job *job, double fraction, const char *message)
{
    char number[96];
    snprintf(number, sizeof number, "{\"progress\":%.17g%s", fraction, message ? ",\"message\":\"" : "");
    if (fraction >= 0 && fraction <= 1) pl_tell(job, number, message, message ? "\"" : "", "}");
}

/* Tells the run what it does not see itself. */
static void pl_tell_pipe(pl_job *job, const pl_pipe *pipe)
{
    char rest[192], torn[48], *end = rest;
    if (!pipe->between_kits && !pipe->false_resets) return;
    end += sprintf(rest, "\",\"blocks\":%llu,\"bytes\":%llu,\"false_resets\":%llu", pipe->blocks, pipe->bytes, pipe->false_resets);
    sprintf(torn, "{\"torn\":{\"bytes\":%llu}}", pipe->torn);
    if (pipe->torn) sprintf(end, ",\"ending\":%s", torn);
    else if (pipe->last_head & PL_FINISHED(job->head_size)) sprintf(end, ",\"ending\":\"finished\"");
    else if (pipe->ended) sprintf(end, ",\"ending\":\"ended\"");
    pl_tell(job, "{\"pipe\":{\"name\":\"", pipe->name, rest, "}}");
}

#endif /* PIPELOOM_IMPLEMENTATION */
