# The mean of all values without bit 3: mean.pl -i FAHRENHEIT -o MEAN
use strict;
use warnings;

open(my $fahrenheit, '<:raw', $ARGV[1]) or die "$ARGV[1]: $!";
open(my $mean, '>:raw', $ARGV[3]) or die "$ARGV[3]: $!";

my ($sum, $good, $left_out) = (0, 0, 0);
while (read($fahrenheit, my $head, 1)) {
    my $value = <$fahrenheit>;
    if (ord($head) & 0x10) {
        $left_out++;
    } else {
        $sum += $value;
        $good++;
    }
}
printf $mean "\0mean of %d values: %.2f\n\x20left out: %d\n", $good, $sum / $good, $left_out;
