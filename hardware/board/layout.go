package board

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vestibule/hardware/line"
)

const (
	lowest, highest = 9, 27   // the GPIO that may be used, see Parse
	largest         = 1 << 16 // bytes of a board file
)

// Place is where a pin is: a GPIO chip, by name ("gpiochip0") or label ("pinctrl-bcm2835"), and the
// line on it.
type Place struct {
	Chip   string
	Offset int
}

// String returns the place as a board file says it.
func (p Place) String() string { return fmt.Sprintf("%s %d", p.Chip, p.Offset) }

// Layout says where every pin of a door is. Only [Parse] makes one.
type Layout struct{ places map[Role]Place }

// Parse reads a board file: one pin a line, "role chip offset", in any order; # begins a comment.
//
// Offsets are 9 to 27. A Raspberry Pi pulls GPIO 0 to 8 high when it is switched on, and a garage
// door has really opened that way; above 27 nothing is wired out. The coil may not be on 14 or 15,
// where the serial console writes. A pin may have one role only, and every role that a door needs
// must be there.
//
// All that is wrong is said at once, each with its line.
func Parse(r io.Reader) (Layout, error) {
	text, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return Layout{}, fmt.Errorf("board file: %w", err)
	}
	if len(text) > largest {
		return Layout{}, fmt.Errorf("board file: larger than %d bytes", largest)
	}
	l := Layout{places: map[Role]Place{}}
	taken := map[Place]Role{}
	var errs []error
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, largest+1)
	for n := 1; lines.Scan(); n++ {
		before, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(before)
		if len(fields) == 0 {
			continue
		}
		role, place, err := parseLine(fields)
		if err == nil {
			if other, ok := l.places[role]; ok {
				err = fmt.Errorf("%s is said twice, here and as %s", role, other)
			} else if other, ok := taken[place]; ok {
				err = fmt.Errorf("%s is at %s, and so is %s", role, place, other)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		l.places[role], taken[place] = place, role
	}
	if err := lines.Err(); err != nil {
		errs = append(errs, err)
	}
	var missing []Role
	for _, role := range Roles() {
		if _, ok := l.places[role]; !ok && !role.Optional() {
			missing = append(missing, role)
		}
	}
	if len(missing) > 0 {
		errs = append(errs, fmt.Errorf("no pin for %s", list(missing)))
	}
	if len(errs) > 0 {
		return Layout{}, fmt.Errorf("board file: %w", errors.Join(errs...))
	}
	return l, nil
}

func parseLine(fields []string) (Role, Place, error) {
	if len(fields) != 3 {
		return "", Place{}, fmt.Errorf("%q: want a role, a chip and an offset", strings.Join(fields, " "))
	}
	role := Role(fields[0])
	if !slices.Contains(Roles(), role) {
		return "", Place{}, fmt.Errorf("%q is no role; the roles are %s", fields[0], list(Roles()))
	}
	offset, err := strconv.Atoi(fields[2])
	if err != nil {
		return "", Place{}, fmt.Errorf("%s: %q is not a number", role, fields[2])
	}
	switch {
	case offset >= 0 && offset < lowest:
		return "", Place{}, fmt.Errorf("%s: GPIO %d is pulled high when the board is switched on; use %d to %d", role, offset, lowest, highest)
	case offset < 0 || offset > highest:
		return "", Place{}, fmt.Errorf("%s: GPIO %d: use %d to %d", role, offset, lowest, highest)
	case role == Coil && (offset == 14 || offset == 15):
		return "", Place{}, fmt.Errorf("%s: the serial console writes on GPIO 14 and 15; use another pin", role)
	}
	return role, Place{Chip: fields[1], Offset: offset}, nil
}

// Places returns where each pin is.
func (l Layout) Places() map[Role]Place {
	m := make(map[Role]Place, len(l.places))
	for r, p := range l.places {
		m[r] = p
	}
	return m
}

// Open returns the layout's real pins. No line is touched yet: a line is taken when its pin first
// becomes an input or an output.
func (l Layout) Open() (Pins, error) {
	if len(l.places) == 0 {
		return nil, errors.New("board: the layout is empty")
	}
	pins := Pins{}
	for _, role := range Roles() {
		place, ok := l.places[role]
		if !ok {
			continue
		}
		pin, err := line.New(place.Chip, place.Offset, string(role))
		if err != nil {
			return nil, fmt.Errorf("board: %s: %w", role, err)
		}
		pins[role] = pin
	}
	return pins, nil
}

func list(roles []Role) string {
	s := make([]string, len(roles))
	for i, r := range roles {
		s[i] = string(r)
	}
	return strings.Join(s, ", ")
}
