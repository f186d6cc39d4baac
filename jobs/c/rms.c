/* The level of each block of samples (16 bits, little-endian), and a mark on loud ones: bit 3 of the head.
 *
 *     rms THRESHOLD -i SAMPLES -o LEVELS
 */

#define PIPELOOM_IMPLEMENTATION
#include "pipeloom.h"

#include <math.h>

int main(int argc, char **argv)
{
    pl_job *job = pl_open(&argc, argv);
    double threshold = argc > 1 ? atof(argv[1]) : 1000, loudest = 0;
    char level[32];

    while (pl_next(job)) {
        pl_block block = pl_in(job, 0, 0);
        uint32_t loud = (uint32_t)0x10 << 8 * (pl_head_size(job) - 1);
        size_t at, samples = block.size / 2;
        double sum = 0, rms;
        for (at = 0; at < samples; at++) {
            int16_t sample = (int16_t)(block.bytes[2 * at] | block.bytes[2 * at + 1] << 8);
            sum += (double)sample * sample;
        }
        rms = samples ? sqrt(sum / (double)samples) : 0;
        if (rms > loudest) loudest = rms;
        snprintf(level, sizeof level, "%.1f", rms);
        pl_write_head(job, 0, rms > threshold ? block.head | loud : block.head, level, strlen(level));
    }
    pl_metric(job, "loudest", loudest);
    return pl_close(job);
}
