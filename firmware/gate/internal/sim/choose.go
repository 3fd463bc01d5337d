package sim

import (
	"math/rand/v2"

	"vestibule/firmware/gate/internal/rule"
)

// phase is what is going on, by which the next move is chosen: a lock is not tested by people
// who type codes where no window is open.
type phase uint8

const (
	idle    phase = iota // nothing is planned
	planned              // a window will open
	waiting              // a window is open, nobody has come
	opening              // an entry is on its way, or the coil has current
	inside               // a visit is under way and the door is open
	between              // a visit is under way and the door is shut
	after                // the window goes on, its visit is over
	phasesEnd
)

func (a *account) phase() phase {
	switch l := a.current(); {
	case a.flight.phase != grounded || a.coil == rule.CoilOn || a.waits.is:
		return opening
	case a.visited() >= 0 && a.shown == rule.Open:
		return inside
	case a.visited() >= 0:
		return between
	case l != nil && l.visit == over:
		return after
	case l != nil:
		return waiting
	}
	for i := range a.led {
		if l := &a.led[i]; l.known && l.window == before && !l.cancelled {
			return planned
		}
	}
	return idle
}

// likely is how likely each kind of move is in each phase, beside the others.
var likely = [kindsEnd][phasesEnd]uint8{
	Build: {},
	//            idle planned waiting opening inside between after
	Wait:       {8, 8, 14, 14, 14, 14, 10},
	Until:      {2, 24, 14, 16, 16, 24, 12},
	SignPass:   {30, 8, 2, 1, 2, 2, 6},
	SignOther:  {1, 3, 1, 1, 1, 1, 1},
	SignCancel: {2, 3, 2, 2, 2, 2, 1},
	SignLock:   {2, 3, 2, 2, 2, 2, 1},
	GivePass:   {30, 10, 3, 2, 2, 3, 8},
	SignAmend:  {2, 5, 2, 1, 2, 2, 1},
	GiveAmend:  {2, 8, 3, 2, 3, 3, 1},
	Revoke:     {1, 1, 1, 1, 1, 1, 1},
	Disown:     {1, 1, 1, 1, 1, 1, 1},
	LetGo:      {1, 1, 1, 5, 2, 2, 1},
	Exit:       {3, 3, 3, 3, 5, 4, 4},
	Panic:      {1, 1, 2, 2, 2, 2, 2},
	GiveOther:  {2, 4, 2, 1, 1, 1, 2},
	GiveCancel: {2, 3, 2, 2, 3, 3, 2},
	GiveLock:   {2, 3, 2, 2, 3, 3, 2},
	Call:       {1, 1, 8, 3, 2, 3, 6},
	Watch:      {1, 1, 3, 2, 1, 2, 1},
	Type:       {6, 8, 70, 14, 8, 50, 16},
	Pull:       {1, 1, 4, 40, 2, 6, 2},
	Leave:      {3, 2, 2, 3, 2, 10, 8},
	Shut:       {6, 2, 4, 10, 40, 4, 4},
	Force:      {2, 1, 1, 1, 1, 2, 2},
	Cover:      {2, 3, 3, 3, 2, 3, 2},
	DoorLies:   {2, 1, 2, 3, 4, 3, 2},
	BoltLies:   {2, 1, 2, 3, 3, 3, 2},
	Bounce:     {1, 1, 1, 2, 2, 2, 1},
	CoilIll:    {1, 1, 2, 5, 2, 2, 1},
	Latch:      {1, 1, 2, 10, 6, 6, 1},
	Eye:        {1, 2, 3, 2, 2, 3, 1},
	Frame:      {1, 1, 10, 3, 3, 6, 2},
	Stall:      {1, 2, 3, 2, 2, 2, 1},
	Lens:       {1, 2, 4, 2, 2, 4, 1},
	Trouble:    {1, 1, 2, 1, 1, 1, 1},
	Beyond:     {0, 0, 1, 1, 4, 2, 1},
	Net:        {2, 2, 3, 2, 2, 3, 2},
	Link:       {1, 1, 2, 2, 1, 2, 1},
	Disk:       {1, 2, 3, 3, 2, 3, 1},
	Work:       {1, 1, 1, 12, 2, 2, 1},
	Echo:       {0, 0, 1, 4, 1, 2, 1},
	Skew:       {2, 2, 3, 2, 2, 3, 2},
	Freeze:     {1, 1, 1, 1, 1, 1, 1},
	Sync:       {1, 1, 2, 1, 1, 1, 1},
	Told:       {1, 1, 2, 1, 1, 1, 1},
	Crash:      {1, 2, 2, 4, 3, 3, 2},
	CrashAt:    {0, 1, 2, 3, 1, 1, 1},
}

// chooser chooses moves. Its tables are as likely says, for a quick choice.
type chooser struct {
	random rand.PCG
	kinds  [phasesEnd][256]Kind
}

func newChooser() *chooser {
	c := &chooser{}
	for p := range phasesEnd {
		total := 0
		for k := range kindsEnd {
			total += int(likely[k][p])
		}
		sum, at := 0, 0
		for k := range kindsEnd {
			sum += int(likely[k][p])
			for ; at < sum*256/total; at++ {
				c.kinds[p][at] = k
			}
		}
	}
	return c
}

// next chooses a move for a world as it is.
func (c *chooser) next(w *World) Move {
	r := c.random.Uint64()
	m := Move{Kind: c.kinds[w.account.phase()][r&0xff], A: uint8(r >> 8), B: uint16(r >> 16)}
	r >>= 32
	here := func() uint8 { // mostly the delivery that it is about
		if d := w.account.about(); d >= 0 && r&7 != 0 {
			return uint8(d)
		}
		return m.A % deliveries
	}
	switch m.Kind {
	case Wait:
		m.A %= uint8(len(spans))
		if m.A > 13 && r&3 != 0 { // long ones are rarer
			m.A = m.A % 14
		}
	case Until:
		m.A, m.B = w.account.nextDeadline(m.A%deadlinesEnd, w), m.B%3
	case SignPass, GivePass:
		m.A = w.wanted(m.Kind, m.A%deliveries)
	case SignOther, GiveOther, SignAmend:
		m.A %= deliveries
	case GiveAmend:
		m.A, m.B = here(), m.B%amendments
	case SignCancel, SignLock, GiveCancel, GiveLock, Revoke, Disown:
		m.A = here()
	case Watch, Beyond, Echo:
		m.A %= 3
	case Type:
		m.A = here()
		code := codeRight
		if x := r >> 8 & 15; x < 4 {
			code = codeWrong
		} else if x == 4 {
			code = codeTypo
		} else if x == 5 {
			code = codeForced
		}
		m.B = uint16(code) | uint16(r>>12&0xff)%uint16(waysEnd)<<8
	case Cover, Eye, Freeze, Sync, Call:
		m.A = uint8(r & 1)
	case Net:
		m.A = uint8(r & 3 & 1)
	case CoilIll:
		if m.A %= illsEnd; r&1 == 0 {
			m.A = coilWell
		}
	case Link, Stall, Lens, DoorLies, BoltLies, Disk:
		if m.A &= 3; r&1 == 0 {
			m.A = 0 // half of all trouble is mended
		}
	case Frame:
		if m.A %= framesEnd; r&1 == 0 {
			m.A = frameGood
		}
	case Trouble:
		m.A &= 1
	case Work:
		m.A = m.A%3 + 1
	case Skew:
		m.A, m.B = m.A%uint8(len(skews)), m.B&1
	case Crash:
		if m.A, m.B = m.A&7, m.B&1|uint16(r>>2&1)<<2; r&3 == 3 {
			m.B |= 2
		}
	case CrashAt:
		m.A &= 7
	case Build, Pull, Leave, Shut, Force, Bounce, Latch, Exit, Panic, LetGo, Told, kindsEnd:
	}
	return m
}

// wanted is the first delivery, from d on, for which a pass can still be signed or handed over.
func (w *World) wanted(k Kind, d uint8) uint8 {
	for i := range uint8(deliveries) {
		x := (d + i) % deliveries
		if k == SignPass && !w.drawer[x].signed || k == GivePass && w.drawer[x].signed && !w.gate.known[x] && !w.account.led[x].gone {
			return x
		}
	}
	return d
}

// nextDeadline is the first, from what on, that is still to come.
func (a *account) nextDeadline(what uint8, w *World) uint8 {
	for i := range deadlinesEnd {
		x := (what + i) % deadlinesEnd
		if at, ok := a.deadline(x, w); ok && at >= w.mono {
			return x
		}
	}
	return what
}
