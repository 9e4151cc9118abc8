package story

import "strings"

// Difference shows, from the first line on in which two texts differ, both.
func Difference(want, got string) string {
	a, b := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	show := func(lines []string) string { return strings.Join(lines[same:min(same+6, len(lines))], "") }
	return strings.Join(a[max(0, same-8):same], "") + "--- wanted\n" + show(a) + "--- got\n" + show(b)
}
