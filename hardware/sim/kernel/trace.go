package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"vestibule/hardware/board"
)

const tracing = "/sys/kernel/tracing/"

// Trace makes the kernel note from now on what is done with lines.
func (b *Bench) Trace() error {
	if err := os.WriteFile(tracing+"trace", nil, 0); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := os.WriteFile(tracing+"events/gpio/enable", []byte("1"), 0); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// Traced returns what was done with a line since [Bench.Trace], in the kernel's words: "set 1", "get 0", "in
// (0)". Unlike [Bench.High] it misses nothing, however short.
func (b *Bench) Traced(r board.Role) ([]string, error) {
	all, err := os.ReadFile(tracing + "trace")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	number, err := b.number(r)
	if err != nil {
		return nil, err
	}
	var done []string
	for line := range strings.Lines(string(all)) {
		for _, event := range []string{"gpio_value: ", "gpio_direction: "} {
			if _, what, ok := strings.Cut(line, event+strconv.Itoa(number)); ok && !strings.HasPrefix(line, "#") {
				done = append(done, strings.TrimSpace(what))
			}
		}
	}
	return done, nil
}

// number is a line's number among all lines of the machine, which the trace calls it by.
func (b *Bench) number(r board.Role) (int, error) {
	chips, err := filepath.Glob("/sys/class/gpio/gpiochip*")
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	for _, chip := range chips {
		label, err := os.ReadFile(filepath.Join(chip, "label"))
		if err != nil || strings.TrimSpace(string(label)) != b.places[r].Chip {
			continue
		}
		base, err := os.ReadFile(filepath.Join(chip, "base"))
		if err != nil {
			return 0, fmt.Errorf("bench: %w", err)
		}
		first, err := strconv.Atoi(strings.TrimSpace(string(base)))
		if err != nil {
			return 0, fmt.Errorf("bench: %w", err)
		}
		return first + b.places[r].Offset, nil
	}
	return 0, fmt.Errorf("bench: no number for %s", r)
}
