# shout.sh -i GRADES -o SHOUTS: a line break ends each grade, a NUL each shout
while read -r grade; do
    printf '%s!\0' "$grade"
done < "$2" > "$4"
