# Means of one, two and five lines: minute.pl -i ROOM -i WINDOW -i HEATER -o MINUTES
use strict;
use warnings;

my @counts = (1, 2, 5);
my @inputs = map { open(my $input, '<', $_) or die "$_: $!"; $input } @ARGV[1, 3, 5];
open(my $minutes, '>', $ARGV[7]) or die "$ARGV[7]: $!";

MINUTE: while (1) {
    my @means;
    for my $place (0 .. 2) {
        my $sum = 0;
        for (1 .. $counts[$place]) {
            my $input = $inputs[$place];
            my $reading = <$input> // last MINUTE;
            $sum += $reading;
        }
        push @means, sprintf("%.1f", $sum / $counts[$place]);
    }
    print $minutes "@means\n";
}
