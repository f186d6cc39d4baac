/* A forwarder with the kit for C. */

#define PIPELOOM_IMPLEMENTATION
#include "pipeloom.h"

int main(int argc, char **argv)
{
    pl_job *job = pl_open(&argc, argv);
    while (pl_next(job)) {
        pl_block block = pl_in(job, 0, 0);
        pl_write(job, 0, block.bytes, block.size);
    }
    return pl_close(job);
}
