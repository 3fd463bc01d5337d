package walls

import (
	"fmt"
	"strings"
)

// interfaces lists the names in the text of /proc/net/dev: two lines of heading, then one
// "name: counters" for each interface.
func interfaces(text string) ([]string, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 || !strings.HasPrefix(lines[0], "Inter-") {
		return nil, fmt.Errorf("/proc/self/net/dev has an unknown form: %.80q", text)
	}
	var names []string
	for _, l := range lines[2:] {
		name, _, ok := strings.Cut(l, ":")
		if !ok {
			return nil, fmt.Errorf("/proc/self/net/dev has an unknown line: %.80q", l)
		}
		names = append(names, strings.TrimSpace(name))
	}
	return names, nil
}
