package service

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/firmware/gate/internal/clock"
	"vestibule/firmware/gate/internal/files"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const (
	anchorFile = "time"
	askAgain   = time.Second // between looks at a clock that is not to be trusted yet
)

// Clocks are the clocks of a machine.
type Clocks struct {
	Wall func() time.Time     // without a monotonic part
	Mono func() time.Duration // CLOCK_MONOTONIC
	// Synced says whether Wall is known to be right; nil for never. The kernel's word on a
	// device; at a desk the clock is the person's own, and always right.
	Synced func() bool
	Boot   string // names the machine's boot, as Mono begins anew with the next; empty for unknown
}

// System is the machine's own clocks.
func System() Clocks {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it a restart of gate asks for the time again
	return Clocks{
		// Round strips the monotonic part, which would hide that the clock was set.
		Wall: func() time.Time { return time.Now().Round(0).UTC() },
		Mono: func() time.Duration {
			var ts unix.Timespec
			if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
				panic("service: internal error: no monotonic clock: " + err.Error())
			}
			return time.Duration(ts.Nano())
		},
		Synced: synced,
		Boot:   strings.TrimSpace(string(boot)),
	}
}

// synced asks the kernel, adjtimex(2), whether somebody keeps its clock right: chrony and
// systemd-timesyncd tell it. It forgets by itself when nobody has for about nine hours. A unit
// with ProtectClock= would keep the question itself from being asked: then the door stays shut.
func synced() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
}

func (c Clocks) read() clock.Clocks {
	return clock.Clocks{Wall: c.Wall(), Mono: c.Mono(), Synced: c.Synced != nil && c.Synced()}
}

// anchorForm is the anchor on the disk.
type anchorForm struct {
	Boot string    `json:"boot"`
	Wall time.Time `json:"wall"`
	Mono int64     `json:"mono"` // ns
}

// readAnchor is what the last life of gate knew of the time; none if it left nothing of use.
func readAnchor(state string) clock.Anchor {
	var f anchorForm
	b, err := files.Read(filepath.Join(state, anchorFile), 1024)
	if err != nil || json.Unmarshal(b, &f) != nil {
		return clock.Anchor{}
	}
	return clock.Anchor{Boot: f.Boot, Wall: f.Wall, Mono: time.Duration(f.Mono)}
}

// keepAnchor writes down what is known of the time, when that is new or has drifted.
func (s *Service) keepAnchor() {
	a := s.clock.Anchor(s.clocks.Boot)
	if a.Boot == "" || s.anchor.Boot == a.Boot && a.Wall.Sub(s.anchor.Wall.Add(a.Mono-s.anchor.Mono)).Abs() < clock.Tolerance/2 {
		return
	}
	s.anchor = a
	s.disk.do(func() error {
		b, err := json.Marshal(anchorForm{Boot: a.Boot, Wall: a.Wall, Mono: int64(a.Mono)})
		if err != nil {
			return err
		}
		return files.Replace(filepath.Join(s.folder, anchorFile), b, 0o600)
	}, func(err error) {
		if err != nil {
			s.log.Error("the time cannot be written down; a restart will have to ask for it", "error", err)
		}
	})
}

// bittenFile names the boot of which the journal says that the watchdog was the reason.
const bittenFile = "watchdog"

// sayBitten writes down, once for each boot, that the watchdog started the machine: gate stood still.
func (s *Service) sayBitten() {
	if !s.bitten {
		return
	}
	path := filepath.Join(s.folder, bittenFile)
	if said, err := files.Read(path, 64); err == nil && s.clocks.Boot != "" && string(said) == s.clocks.Boot {
		return
	}
	s.enter(wire.Event{Kind: wire.Watchdog}, nil)
	// After the entry: if the power goes in between, it is said twice rather than never.
	s.disk.do(func() error { return files.Replace(path, []byte(s.clocks.Boot), 0o600) }, func(err error) {
		if err != nil {
			s.log.Error("it will be said again that the watchdog bit", "error", err)
		}
	})
}

// tellTime takes the owner's word on what time it is, while the device does not know. A
// hub that carries it can neither make one nor keep it for later: the nonce is this gate's, good
// once and for knock.Lifetime.
func (s *Service) tellTime(l wire.Letter) {
	var t wire.Time
	if err := wire.Decode(l.Body, &t); err != nil {
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: wire.Unreadable})
		return
	}
	why, err := s.takeTime([]byte(t.Word))
	if why != "" {
		s.log.Warn("a word on the time is refused", "reason", why, "error", err)
		s.reply(l.ID, wire.LetterNo, wire.No{Reason: why})
		return
	}
	now := s.now()
	s.log.Info("the owner has told the time", "time", time.UnixMilli(now.Wall).UTC())
	s.reply(l.ID, wire.LetterTimed, wire.Timed{Time: time.UnixMilli(now.Wall).UTC()})
	s.step(rule.Tick())
}

func (s *Service) takeTime(note []byte) (wire.Reason, error) {
	if len(s.owner.Key) == 0 {
		return wire.NotPaired, nil
	}
	word, err := pass.OpenTime(note, s.owner.Key)
	switch {
	case err != nil:
		return whyNot(err), err
	case word.Device != s.device:
		return wire.OtherDevice, nil
	case !s.knocks.Take(word.Nonce[:], "", s.clocks.Mono()):
		return wire.TryStale, errors.New("the nonce is too old, or not of this gate, or was used")
	case s.now().Sure:
		return "", nil // it knows, and better
	case !s.clock.Tell(word.At, s.clocks.read()):
		return wire.ClockUnsure, errors.New("it is before the last entry in the journal, or before the build, or further ahead than one witness is believed")
	}
	return "", nil
}
