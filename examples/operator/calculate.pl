# Applies an operator to two numbers: calculate.pl -i LEFT -i OPERATOR -i RIGHT -o RESULTS
use strict;
use warnings;

my ($left, $operator, $right) = map { open(my $input, '<', $_) or die "$_: $!"; $input } @ARGV[1, 3, 5];
open(my $results, '>', $ARGV[7]) or die "$ARGV[7]: $!";
$results->autoflush(1);

# One line of each for each call: where no new operator has come, the runtime gives the last one again.
while (defined(my $a = <$left>) and defined(my $sign = <$operator>) and defined(my $b = <$right>)) {
    chomp($a, $sign, $b);
    my $result = $sign eq '-' ? $a - $b : $a + $b;
    print $results "$a $sign $b = $result\n";
}
