#!/bin/sh
# Multiplies numbers.
#
#     my-job.sh FACTOR -i NUMBERS -o PRODUCTS
set -eu

factor=$1
shift
while getopts i:o: option; do
    case $option in
        i) numbers=$OPTARG ;;
        o) products=$OPTARG ;;
        *) exit 2 ;;
    esac
done

while read -r number; do
    echo "$((number * factor))"
done < "$numbers" > "$products"
