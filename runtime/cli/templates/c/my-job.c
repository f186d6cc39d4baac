/* Multiplies numbers.
 *
 *     my-job FACTOR -i NUMBERS -o PRODUCTS
 */

#define PIPELOOM_IMPLEMENTATION
#include "pipeloom.h"

int main(int argc, char **argv)
{
    pl_job *job = pl_open(&argc, argv);
    long factor = argc > 1 ? atol(argv[1]) : 1;

    while (pl_next(job)) {
        long number = atol(pl_text(job, 0, 0));
        pl_printf(job, 0, "%ld", number * factor);
    }
    return pl_close(job);
}
