package sim

import (
	"fmt"
	"math"
	"slices"
	"time"

	"vestibule/hardware/board"
	"vestibule/hardware/keypad"
)

// How the door moves and what its switches do.
const (
	Swing   = 800 * time.Millisecond // from shut to wide open
	OneShot = 6 * time.Second        // the hardware cuts a coil that is on for so long
	Frame   = 33 * time.Millisecond  // between two steps of the door's movement as others see it

	shut   = 0.02                 // the door's contact closes below this opening
	bounce = time.Millisecond     // between two bounces of a switch
	kept   = 1000                 // transitions that are remembered
	most   = 10 * time.Minute     // a key may be held so long
	least  = 5 * time.Millisecond // and so short
)

// Inputs returns the roles that a house answers on, in the order of the bits of [Levels].
func Inputs() []board.Role {
	return []board.Role{
		board.Relay, board.Bolt, board.Contact, board.Tamper, board.Column1, board.Column2, board.Column3, board.Exit,
	}
}

// roles returns the roles that a house has: the usual door's, needed or not.
func roles() []board.Role { return append(board.Usual().Needed(), board.Usual().Optional()...) }

func rows() []board.Role {
	return []board.Role{board.Row1, board.Row2, board.Row3, board.Row4}
}

func columns() []board.Role {
	return []board.Role{board.Column1, board.Column2, board.Column3}
}

// Levels are the levels of all inputs, one bit each in the order of [Inputs].
type Levels uint32

// High reports whether the input of this role is High; false for a role that is no input.
func (l Levels) High(r board.Role) bool {
	i := slices.Index(Inputs(), r)
	return i >= 0 && l&(1<<i) != 0
}

func (l Levels) with(r board.Role, high bool) Levels {
	i := slices.Index(Inputs(), r)
	if high {
		return l | 1<<i
	}
	return l &^ (1 << i)
}

// Drive is what an output does to its line. The zero value is Float.
type Drive uint8

// What an output may do.
const (
	Float Drive = iota
	Low
	High
)

// View is all that a desk shows of the house.
type View struct {
	World
	Open      bool     `json:"open"`      // the door is open or being opened
	Contact   string   `json:"contact"`   // open or closed, as the sensor says
	Bolt      string   `json:"bolt"`      // thrown (held by the strike) or free
	Coil      bool     `json:"coil"`      // the coil has current
	Buzzer    bool     `json:"buzzer"`    // the buzzer sounds
	Tamper    bool     `json:"tamper"`    // the device's cover is off
	Mains     bool     `json:"mains"`     // the power plug is in
	Keys      []string `json:"keys"`      // keys that are held down
	Energised int      `json:"energised"` // how often the coil got current
	Forced    int      `json:"forced"`    // how often the door was forced
}

// Transition is something that happened to the house.
type Transition struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// House is a door. It is a pure state machine: it has no clock, and every method takes the time,
// which may not run backwards (an earlier time counts as the last one). It is not safe for use by
// several goroutines; [Server] is.
type House struct {
	now   time.Time
	plans []plan // what will happen, in the order of time

	mains   bool
	drives  map[board.Role]Drive
	stuck   map[board.Role]bool // inputs that do not follow any more
	keys    [keypad.Rows][keypad.Columns]bool
	covered bool
	light   float64
	shift   [2]float64
	inside  float64
	shade   float64
	tamper  bool // the cover is off
	exit    bool // the request-to-exit button is pressed

	latched  bool // the latch is in the strike
	from, to float64
	moved    time.Time // when the door was at from

	coil      bool
	cut       bool // the one-shot has cut this pulse
	since     time.Time
	energised int
	forced    int
	fights    int
	longest   time.Duration

	steady  Levels              // the inputs without their bouncing
	flipped map[board.Role]bool // inputs that are the other way round just now, bouncing
	levels  Levels              // the inputs as pins read them
	changes []Levels
	log     []Transition
}

type plan struct {
	at   time.Time
	kind string // so that a newer plan can replace it
	do   func(h *House)
}

// NewHouse returns a shut, locked door by day, with mains and the cover on, and no pin driven.
func NewHouse(now time.Time) *House {
	h := &House{
		now: now, moved: now, mains: true, light: 1, latched: true,
		drives: map[board.Role]Drive{}, stuck: map[board.Role]bool{}, flipped: map[board.Role]bool{},
	}
	h.steady = h.sense()
	h.levels = h.steady
	return h
}

// Advance lets time pass: everything that was due until now happens, each thing at its time.
func (h *House) Advance(now time.Time) {
	if now.Before(h.now) {
		now = h.now
	}
	for len(h.plans) > 0 && !h.plans[0].at.After(now) {
		p := h.plans[0]
		h.plans = h.plans[1:]
		if p.at.After(h.now) {
			h.now = p.at
		}
		p.do(h)
		h.settle()
	}
	h.now = now
}

// Next returns when something will next happen by itself; false means never.
func (h *House) Next() (time.Time, bool) {
	if len(h.plans) == 0 {
		return time.Time{}, false
	}
	return h.plans[0].at, true
}

// Drive applies what a pin does. Only outputs and the keypad's rows can be driven.
func (h *House) Drive(role board.Role, d Drive, now time.Time) error {
	switch role {
	case board.Coil, board.Lamp, board.Courtesy, board.Camera, board.Buzzer, board.Row1, board.Row2, board.Row3, board.Row4:
	default:
		return fmt.Errorf("sim: %s cannot be driven", role)
	}
	h.Advance(now)
	if h.drives[role] == d {
		return nil
	}
	h.drives[role] = d
	switch role {
	case board.Lamp, board.Courtesy, board.Camera:
		h.note("%s %s", role, onOff(d == High))
	}
	h.settle()
	return nil
}

// LetGo lets all pins go, as when the program that drove them has died.
func (h *House) LetGo(now time.Time) {
	h.Advance(now)
	clear(h.drives)
	h.note("all pins let go")
	h.settle()
}

// SetMains pulls the power plug or puts it in. Without mains all pins are let go.
func (h *House) SetMains(in bool, now time.Time) {
	h.Advance(now)
	if h.mains == in {
		return
	}
	h.mains = in
	clear(h.drives)
	h.note("power plug %s", inOut(in))
	h.settle()
}

// Pull pulls the door open. From outside it only opens while the strike is free, from inside always.
// It reports whether the door is open or opening now.
func (h *House) Pull(inside bool, now time.Time) bool {
	h.Advance(now)
	if h.latched && !inside && !h.coil {
		h.note("door pulled, locked")
		return false
	}
	h.move(1)
	return true
}

// Force opens the door whatever the strike does, as a crowbar would.
func (h *House) Force(now time.Time) {
	h.Advance(now)
	if h.latched && !h.coil {
		h.forced++
		h.note("door forced")
	}
	h.move(1)
}

// Shut shuts the door; it latches when it arrives.
func (h *House) Shut(now time.Time) {
	h.Advance(now)
	h.move(0)
}

// Press holds a key down for a time, 5 ms to 10 min; other times count as the nearest of these.
func (h *House) Press(key byte, hold time.Duration, now time.Time) error {
	row, column, err := place(key)
	if err != nil {
		return err
	}
	h.Advance(now)
	hold = min(max(hold, least), most)
	if !h.keys[row][column] {
		h.touch(row, column, true)
		h.settle()
	}
	h.plan("key "+string(key), hold, func(h *House) { h.touch(row, column, false) })
	return nil
}

// touch moves a key, which bounces once.
func (h *House) touch(row, column int, down bool) {
	key := &h.keys[row][column]
	*key = down
	kind := fmt.Sprintf("bounce key %d %d", row, column)
	h.plan(kind, bounce, func(h *House) {
		*key = !down
		h.plan(kind, bounce, func(*House) { *key = down })
	})
}

// SetTamper takes the device's cover off or puts it on.
func (h *House) SetTamper(off bool, now time.Time) {
	h.Advance(now)
	if h.tamper != off {
		h.tamper = off
		h.note("device's cover %s", map[bool]string{true: "off", false: "on"}[off])
		h.settle()
	}
}

// SetExit presses the request-to-exit button or lets go of it. It only tells; the door opens from inside without it.
func (h *House) SetExit(pressed bool, now time.Time) {
	h.Advance(now)
	if h.exit != pressed {
		h.exit = pressed
		h.note("exit button pressed: %v", pressed)
		h.settle()
	}
}

// Stick makes an input keep a level whatever happens, as a welded relay or a bridged contact does.
func (h *House) Stick(role board.Role, high bool, now time.Time) {
	h.Advance(now)
	h.stuck[role] = high
	h.settle()
}

// Unstick undoes [House.Stick].
func (h *House) Unstick(role board.Role, now time.Time) {
	h.Advance(now)
	delete(h.stuck, role)
	h.settle()
}

// Levels returns the levels of all inputs.
func (h *House) Levels() Levels { return h.levels }

// Changes returns the levels that inputs have gone through since the last call, oldest first.
func (h *House) Changes() []Levels {
	c := h.changes
	h.changes = nil
	return c
}

// View returns what a desk shows.
func (h *House) View() View {
	v := View{
		World: h.World(), Open: h.to > 0 || h.angle() > 0, Contact: "open", Bolt: "free",
		Coil: h.coil, Buzzer: h.mains && h.drives[board.Buzzer] == High, Tamper: h.tamper, Mains: h.mains,
		Keys: []string{}, Energised: h.energised, Forced: h.forced,
	}
	if !h.levels.High(board.Contact) {
		v.Contact = "closed"
	}
	if h.latched && !h.coil {
		v.Bolt = "thrown"
	}
	for _, key := range []byte("1234567890*#") {
		if row, column, err := place(key); err == nil && h.keys[row][column] {
			v.Keys = append(v.Keys, string(key))
		}
	}
	return v
}

// Log returns the last transitions, oldest first, at most 1000.
func (h *House) Log() []Transition { return slices.Clone(h.log) }

// Energised returns how often the coil got current.
func (h *House) Energised() int { return h.energised }

// Longest returns the longest time the coil had current without a break, up to now.
func (h *House) Longest(now time.Time) time.Duration {
	h.Advance(now)
	if h.coil {
		return max(h.longest, h.now.Sub(h.since))
	}
	return h.longest
}

// Fights returns how often two outputs were connected with each other.
func (h *House) Fights() int { return h.fights }

// angle is the door's opening now.
func (h *House) angle() float64 {
	way := h.now.Sub(h.moved).Seconds() / Swing.Seconds()
	if h.to > h.from {
		return min(h.from+way, h.to)
	}
	return max(h.from-way, h.to)
}

// move sends the door towards an opening.
func (h *House) move(to float64) {
	if h.to == to {
		return
	}
	at := h.angle()
	h.from, h.to, h.moved = at, to, h.now
	if to > 0 {
		h.latched = false
		h.note("door opens")
	} else {
		h.note("door closes")
	}
	travel := func(opening float64) time.Duration {
		return time.Duration(math.Ceil(math.Abs(opening-at) * float64(Swing)))
	}
	h.forget("swing")
	h.plan("arrive", travel(to), func(h *House) { h.arrive() })
	h.forget("contact")
	if (at < shut) != (to < shut) {
		// One nanosecond further, so that rounding never leaves it on the near side.
		h.plan("contact", travel(shut)+time.Nanosecond, func(*House) {})
	}
	h.swing()
	h.settle()
}

// swing makes something happen at every frame while the door moves, so that watchers see it move.
func (h *House) swing() {
	if h.angle() != h.to {
		h.plan("swing", Frame, (*House).swing)
	}
}

func (h *House) arrive() {
	h.from, h.moved = h.to, h.now
	if h.to == 0 {
		h.latched = true
		h.note("door shut and latched")
	} else {
		h.note("door open")
	}
}

// settle works out what follows from the state: the coil, the inputs, and their bouncing.
func (h *House) settle() {
	ordered := h.mains && h.drives[board.Coil] == High
	if !ordered {
		h.cut = false
		h.forget("one-shot")
	}
	if on := ordered && !h.cut; on != h.coil {
		h.coil = on
		h.note("coil %s", onOff(on))
		if on {
			h.energised++
			h.since = h.now
			h.plan("one-shot", OneShot, func(h *House) { h.cut = true; h.note("one-shot cuts the coil") })
		} else {
			h.longest = max(h.longest, h.now.Sub(h.since))
		}
	}
	before := h.steady
	h.steady = h.sense()
	for _, r := range []board.Role{board.Relay, board.Bolt, board.Contact, board.Tamper, board.Exit} {
		if before.High(r) != h.steady.High(r) {
			h.rebound(r)
		}
	}
	l := h.steady
	for r := range h.flipped {
		l = l.with(r, !l.High(r))
	}
	if l != h.levels {
		h.levels = l
		h.changes = append(h.changes, l)
	}
}

// rebound lets a switch bounce once after it has moved.
func (h *House) rebound(r board.Role) {
	delete(h.flipped, r)
	kind := "bounce " + string(r)
	h.plan(kind, bounce, func(h *House) {
		h.flipped[r] = true
		h.plan(kind, bounce, func(h *House) { delete(h.flipped, r) })
	})
}

// sense is what the inputs read once they have settled.
func (h *House) sense() Levels {
	var l Levels
	l = l.with(board.Relay, h.coil)
	l = l.with(board.Bolt, !h.latched || h.coil)
	l = l.with(board.Contact, h.angle() >= shut)
	l = l.with(board.Tamper, h.tamper)
	l = l.with(board.Exit, !h.exit)
	for i, c := range columns() {
		l = l.with(c, h.column(i))
	}
	for r, high := range h.stuck {
		l = l.with(r, high)
	}
	return l
}

// column reports whether a column of the key matrix is High: whether pressed keys connect it, over
// however many corners, with a row that is driven High and none that is driven Low.
func (h *House) column(column int) bool {
	if !h.mains {
		return false
	}
	var inRow [keypad.Rows]bool
	var inColumn [keypad.Columns]bool
	inColumn[column] = true
	for grown := true; grown; {
		grown = false
		for r := range keypad.Rows {
			for c := range keypad.Columns {
				if h.keys[r][c] && inRow[r] != inColumn[c] {
					inRow[r], inColumn[c], grown = true, true, true
				}
			}
		}
	}
	high, low := false, false
	for r, role := range rows() {
		high = high || inRow[r] && h.drives[role] == High
		low = low || inRow[r] && h.drives[role] == Low
	}
	if high && low {
		h.fights++
	}
	return high && !low
}

// plan makes something happen later; it replaces a plan of the same kind.
func (h *House) plan(kind string, after time.Duration, do func(*House)) {
	h.forget(kind)
	p := plan{at: h.now.Add(after), kind: kind, do: do}
	i, _ := slices.BinarySearchFunc(h.plans, p, func(a, b plan) int {
		if a.at.After(b.at) {
			return 1
		}
		return -1 // equal times: in the order in which they were planned
	})
	h.plans = slices.Insert(h.plans, i, p)
}

func (h *House) forget(kind string) {
	h.plans = slices.DeleteFunc(h.plans, func(p plan) bool { return p.kind == kind })
}

func (h *House) note(format string, a ...any) {
	if len(h.log) >= kept {
		h.log = slices.Delete(h.log, 0, kept/10)
	}
	h.log = append(h.log, Transition{At: h.now, What: fmt.Sprintf(format, a...)})
}

func place(key byte) (row, column int, err error) {
	for i, k := range []byte("123456789*0#") {
		if k == key {
			return i / keypad.Columns, i % keypad.Columns, nil
		}
	}
	return 0, 0, fmt.Errorf("sim: no key %q", key)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func inOut(in bool) string {
	if in {
		return "in"
	}
	return "out"
}
