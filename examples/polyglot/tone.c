/* Twelve tones of 64 samples (16 bits, little-endian), each louder than the one before, and the name of each. */

#define PIPELOOM_IMPLEMENTATION
#include "../../jobs/c/pipeloom.h"

enum { TONES = 12, SAMPLES = 64 };

int main(int argc, char **argv)
{
    pl_job *job = pl_open(&argc, argv);
    int tone = 0;

    while (pl_next(job)) {
        unsigned char samples[2 * SAMPLES];
        int at, loudness = 250 << tone / 2;
        for (at = 0; at < SAMPLES; at++) {
            int value = at / 8 % 2 ? loudness : -loudness;
            samples[2 * at] = (unsigned char)(value & 0xFF);
            samples[2 * at + 1] = (unsigned char)(value >> 8 & 0xFF);
        }
        if (++tone == TONES) pl_finish(job);
        pl_write(job, 0, samples, sizeof samples);
        pl_printf(job, 1, "tone %d", tone);
    }
    return pl_close(job);
}
