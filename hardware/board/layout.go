package board

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
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

// Layout says what a door is fitted with and where every pin of it is. Only [Parse] makes one.
type Layout struct {
	fit    Fit
	places map[Role]Place
}

// Parse reads a board file: one thing a line, in any order; # begins a comment.
//
//	lock strike                  the kind of lock: strike, strike-pumped, magnet, magnet-pumped, motor
//	keypad matrix                the kind of keypad: matrix, wiegand
//	watchdog /dev/watchdog       the hardware watchdog, if there is one
//	lamp pinctrl-bcm2835 18      a pin: role, chip, offset on it
//	contact none                 nobody wired the door's contact; so for the bolt, and for nothing else
//
// Offsets are 9 to 27. A Raspberry Pi pulls GPIO 0 to 8 high when it is switched on, and a garage
// door has really opened that way; above 27 nothing is wired out. What moves the lock may not be on 14 or 15,
// where the serial console writes. A pin may have one role only; every role that the door needs must
// be there, and none that it cannot have.
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
	f := file{lines: map[string]int{}, places: map[Role]Place{}, taken: map[Place]Role{}}
	var errs []error
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, largest+1)
	for n := 1; lines.Scan(); n++ {
		before, _, _ := strings.Cut(lines.Text(), "#")
		if fields := strings.Fields(before); len(fields) > 0 {
			if err := f.line(n, fields); err != nil {
				errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			}
		}
	}
	errs = append(errs, lines.Err(), f.whole())
	if err := errors.Join(errs...); err != nil {
		return Layout{}, fmt.Errorf("board file: %w", err)
	}
	return Layout{fit: f.fit, places: f.places}, nil
}

// file is a board file that is being read.
type file struct {
	lines  map[string]int // where a word was said
	fit    Fit
	places map[Role]Place
	taken  map[Place]Role
}

// line takes one line's fields.
func (f *file) line(n int, fields []string) error {
	word := fields[0]
	if at, ok := f.lines[word]; ok {
		return fmt.Errorf("%s is said twice, here and in line %d", word, at)
	}
	f.lines[word] = n
	switch word {
	case "lock":
		return choose(fields, lockKinds(), &f.fit.Lock)
	case "keypad":
		return choose(fields, keypadKinds(), &f.fit.Keypad)
	case "watchdog":
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "/dev/") {
			return fmt.Errorf("%s: want a device node, such as /dev/watchdog", word)
		}
		f.fit.Watchdog = fields[1]
		return nil
	}
	role := Role(word)
	if !slices.Contains(Roles(), role) {
		return fmt.Errorf("%q is no role; the roles are %s", word, list(Roles()))
	}
	if len(fields) == 2 && fields[1] == "none" {
		switch role {
		case Contact:
			f.fit.NoContact = true
		case Bolt:
			f.fit.NoBolt = true
		default:
			return fmt.Errorf("%s cannot be none; only %s and %s can", role, Contact, Bolt)
		}
		return nil
	}
	place, err := parsePlace(role, fields)
	if err != nil {
		return err
	}
	if other, ok := f.taken[place]; ok {
		return fmt.Errorf("%s is at %s, and so is %s", role, place, other)
	}
	f.places[role], f.taken[place] = place, role
	return nil
}

// choose takes a line that chooses one of several kinds.
func choose[K ~string](fields []string, kinds []K, into *K) error {
	if len(fields) != 2 || !slices.Contains(kinds, K(fields[1])) {
		return fmt.Errorf("%s: want one of %s", fields[0], list(kinds))
	}
	*into = K(fields[1])
	return nil
}

// whole says what is wrong with the file as a whole. What follows from the kinds is said once both are known.
func (f *file) whole() error {
	var errs []error
	for _, word := range []string{"lock", "keypad"} {
		if _, ok := f.lines[word]; !ok {
			errs = append(errs, fmt.Errorf("no line says the kind of %s", word))
		}
	}
	if f.fit.Lock == "" || f.fit.Keypad == "" {
		return errors.Join(errs...)
	}
	errs = append(errs, f.fit.check())
	if m := f.fit.missing(func(r Role) bool { return f.lines[string(r)] > 0 }); len(m) > 0 {
		errs = append(errs, fmt.Errorf("no pin for %s", list(m)))
	}
	known := append(f.fit.Needed(), f.fit.Optional()...)
	for _, r := range Roles() {
		if _, ok := f.places[r]; ok && !slices.Contains(known, r) {
			errs = append(errs, fmt.Errorf("line %d: a door with lock %s and keypad %s has no %s", f.lines[string(r)], f.fit.Lock, f.fit.Keypad, r))
		}
	}
	return errors.Join(errs...)
}

func parsePlace(role Role, fields []string) (Place, error) {
	if len(fields) != 3 {
		return Place{}, fmt.Errorf("%q: want a role, a chip and an offset", strings.Join(fields, " "))
	}
	offset, err := strconv.Atoi(fields[2])
	if err != nil {
		return Place{}, fmt.Errorf("%s: %q is not a number", role, fields[2])
	}
	switch {
	case offset >= 0 && offset < lowest:
		return Place{}, fmt.Errorf("%s: GPIO %d is pulled high when the board is switched on; use %d to %d", role, offset, lowest, highest)
	case offset < 0 || offset > highest:
		return Place{}, fmt.Errorf("%s: GPIO %d: use %d to %d", role, offset, lowest, highest)
	case slices.Contains([]Role{Coil, Draw, Throw}, role) && (offset == 14 || offset == 15):
		return Place{}, fmt.Errorf("%s: the serial console writes on GPIO 14 and 15; use another pin", role)
	}
	return Place{Chip: fields[1], Offset: offset}, nil
}

// Fit returns what the door is fitted with.
func (l Layout) Fit() Fit { return l.fit }

// Places returns where each pin is.
func (l Layout) Places() map[Role]Place { return maps.Clone(l.places) }

// Open opens the layout's chips and returns the real pins on them, and what closes the chips. No line is touched
// yet: a line is taken when its pin first becomes an input or an output, which needs no path any more.
func (l Layout) Open() (_ Pins, closeChips func() error, err error) {
	if len(l.places) == 0 {
		return nil, nil, errors.New("board: the layout is empty")
	}
	chips := map[string]*line.Chip{}
	closeChips = func() error {
		var errs []error
		for _, c := range chips {
			errs = append(errs, c.Close())
		}
		return errors.Join(errs...)
	}
	pins := Pins{}
	for _, role := range Roles() {
		place, ok := l.places[role]
		if !ok {
			continue
		}
		chip := chips[place.Chip]
		if chip == nil {
			if chip, err = line.Open(place.Chip); err != nil {
				return nil, nil, fmt.Errorf("board: %s: %w", role, errors.Join(err, closeChips()))
			}
			chips[place.Chip] = chip
		}
		pins[role] = chip.Pin(place.Offset, string(role))
	}
	return pins, closeChips, nil
}

func list[S ~string](words []S) string {
	s := make([]string, len(words))
	for i, w := range words {
		s[i] = string(w)
	}
	return strings.Join(s, ", ")
}
