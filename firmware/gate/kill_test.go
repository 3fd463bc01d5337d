//go:build desk

package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/firmware/gate/internal/journal"
	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// storm is the life of a courier at a door whose gate is killed again and again.
type storm struct {
	*desk
	rand     *rand.Rand
	terms    pass.Terms
	secret   pass.Secret
	before   int            // times the coil has got current that are counted
	openings map[string]int // by delivery
	restarts []time.Duration
	letgo    []time.Duration
	kinds    map[string]int // kills, by what was under way
}

const (
	stormEntries = 9
	stormWindow  = 20 * time.Second // gate keeps a pass, and there is room for 16, until its window is over
)

// Gate is killed with SIGKILL at random moments of visits: as a pass comes, around the code,
// the burning, the coil and the door, while a visit ends. However it falls:
//
//   - the coil has no current when the process is gone, and does not get any by the restart
//   - a code opens no more often than its entries, and never once its visit is over
//   - no opening that the journal does not know: the burning is there before
//   - no entry that was ever sent is lost or changed, and the journal verifies
//   - it is up again within a second, and takes the visit up where it was
//
// VESTIBULE_KILLS says how often: 25 without it, and "make kills" does 1,000.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 25
	if n, err := strconv.Atoi(os.Getenv("VESTIBULE_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("VESTIBULE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("VESTIBULE_SEED=%d", seed)
	s := &storm{desk: newDesk(t), rand: rand.New(rand.NewPCG(seed, 0)), openings: map[string]int{}, kinds: map[string]int{}}
	s.start()
	s.pair()
	s.next()
	for round := range kills {
		s.life()
		s.dies(round)
	}
	s.rests()
	slices.Sort(s.restarts)
	slices.Sort(s.letgo)
	opened := 0
	for _, n := range s.openings {
		opened += n
	}
	t.Logf("%d kills: %v", kills, s.kinds)
	t.Logf("%d deliveries, opened %d times, %d entries in the journal", len(s.openings), opened, len(s.events))
	t.Logf("restart to its first entry on the disk and sent: median %v, longest %v", middle(s.restarts), s.restarts[len(s.restarts)-1])
	t.Logf("%d times the coil had current: without it after %v at the median, %v at the most", len(s.letgo), middle(s.letgo), slices.Max(append(s.letgo, 0)))
	if opened == 0 {
		t.Error("nothing ever opened: the test tests nothing")
	}
	if m := middle(s.restarts); m > time.Second && !raced {
		t.Errorf("a restart takes %v at the median, want under 1 s", m)
	}
}

func middle(sorted []time.Duration) time.Duration {
	return sorted[len(sorted)/2].Round(10 * time.Microsecond)
}

// next plans another delivery.
func (s *storm) next() {
	s.t.Helper()
	s.tally()
	s.terms, s.secret = s.permit(stormEntries, func(t *pass.Terms) { t.Camera, t.Grace, t.Until = false, time.Minute, t.From.Add(stormWindow) })
	s.openings[s.terms.Delivery] = 0
}

// about is the number of entries of a kind about this delivery.
func (s *storm) about(kind wire.Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.events {
		if e.Kind == kind && e.Delivery == s.terms.Delivery {
			n++
		}
	}
	return n
}

// life goes on with the visit, and returns in the middle of something.
func (s *storm) life() {
	s.t.Helper()
	if s.over() || s.used() == stormEntries && s.rand.IntN(2) == 0 {
		if !s.over() {
			s.revoke(s.terms.Delivery)
			if s.rand.IntN(2) == 0 {
				s.chance("a cancelling")
				return
			}
			s.until("the window is closed", s.over)
		}
		s.next()
		if s.rand.IntN(4) == 0 {
			s.chance("a pass")
			return
		}
	}
	s.opened()
	late := time.Now().Add(patience)
	for {
		l := s.sealTry(s.terms, s.secret.Code.Digits())
		s.send(pipe.TypeMail, l)
		if s.rand.IntN(3) > 0 {
			s.chance("a code")
			return
		}
		if answer := s.answer(l.ID); answer.Kind != wire.LetterTried {
			var no wire.No
			if err := wire.Decode(answer.Body, &no); err != nil {
				s.t.Fatal(err)
			}
			switch no.Reason {
			case wire.Tampered, wire.DoorUnsure, wire.DoorIsOpen: // it has not felt its sensors for long enough yet
				if time.Now().After(late) {
					s.t.Fatalf("the code is still refused: %s; gate says: %s", answer.Body, s.log)
				}
				time.Sleep(10 * time.Millisecond)
				continue
			case wire.EntriesUsed, wire.CodeUsed:
			default:
				if s.over() {
					break
				}
				s.t.Fatalf("the code was refused: %s", answer.Body)
			}
			if s.used() < stormEntries && s.about(wire.VisitEnded) == 0 && !s.over() {
				s.t.Fatalf("the code was refused with entries left: %s", answer.Body)
			}
			s.chance("a refusal")
			return
		}
		if s.rand.IntN(3) == 0 {
			s.chance("a free strike")
			return
		}
		s.house.Do(func(h *sim.House, now time.Time) { h.Pull(false, now) })
		if s.rand.IntN(3) == 0 {
			s.chance("an opening door")
			return
		}
		s.until("the door is open", func() bool { return s.house.View().Contact == "open" })
		s.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
		if s.rand.IntN(2) == 0 {
			s.chance("a closing door")
			return
		}
		s.until("it is locked", func() bool { v := s.house.View(); return v.Contact == "closed" && v.Bolt == "thrown" && !v.Coil })
	}
}

// over reports whether the delivery's window is.
func (s *storm) over() bool { return s.about(wire.WindowClosed) > 0 || time.Now().After(s.terms.Until) }

// opened sends the pass again and again, as a hub does with what it keeps, until a window is
// open.
func (s *storm) opened() {
	s.t.Helper()
	var sent time.Time
	s.until("the window is open", func() bool {
		if s.over() {
			s.next()
		}
		if time.Since(sent) > 200*time.Millisecond {
			sent = time.Now()
			s.send(pipe.TypeNote, s.note)
		}
		return s.about(wire.WindowOpened) > 0
	})
}

func (s *storm) answer(id string) wire.Letter {
	s.t.Helper()
	var l wire.Letter
	s.until("an answer", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		l = s.letters[id]
		return l.ID != ""
	})
	return l
}

// tally counts what has opened by this delivery's code.
func (s *storm) tally() {
	s.t.Helper()
	opened := s.since()
	s.before += opened
	if opened == 0 {
		return
	}
	s.openings[s.terms.Delivery] += opened
	if n := s.openings[s.terms.Delivery]; n > stormEntries {
		s.t.Fatalf("opened %d times on one code, allowed are %d", n, stormEntries)
	}
}

// since is how often the coil got current since it was last counted.
func (s *storm) since() int { _, n := s.coil(); return n - s.before }

// chance waits for the moment at which gate dies: most of what a code sets off takes about a
// millisecond.
func (s *storm) chance(what string) {
	s.kinds[what]++
	time.Sleep(time.Duration(s.rand.Int64N(int64(4 * time.Millisecond))))
}

// dies kills gate, starts it again, and looks at what is left.
func (s *storm) dies(round int) {
	s.t.Helper()
	on, _ := s.coil()
	begin := time.Now()
	_ = s.process().Kill()
	if on {
		s.until("the coil is let go", func() bool { on, _ := s.coil(); return !on })
		s.letgo = append(s.letgo, time.Since(begin))
	}
	s.kill()
	s.until("the coil is let go", func() bool { on, _ := s.coil(); return !on }) // its last order may still be on its way
	s.tally()
	s.mu.Lock()
	sent := len(s.events)
	s.mu.Unlock()
	starts := s.count(wire.Started)
	begin = time.Now()
	s.start()
	s.until("gate is up", func() bool { return s.count(wire.Started) > starts })
	s.restarts = append(s.restarts, time.Since(begin))
	s.mu.Lock()
	started := slices.IndexFunc(s.events[sent:], func(e wire.Event) bool { return e.Kind == wire.Started })
	s.mu.Unlock()
	if started < 0 {
		s.t.Fatalf("round %d: of %d entries that were sent some are lost", round, sent)
	}
	if n := s.since(); n != 0 {
		s.t.Fatalf("round %d: opened by itself after the restart", round)
	}
	if known := s.used(); s.openings[s.terms.Delivery] > known {
		s.t.Fatalf("round %d: opened %d times, and the disk knows of %d", round, s.openings[s.terms.Delivery], known)
	}
	s.house.Do(func(h *sim.House, now time.Time) { h.Shut(now) })
	s.until("the door is locked", func() bool { v := s.house.View(); return v.Contact == "closed" && v.Bolt == "thrown" && !v.Coil })
}

// used is how many entries of the delivery the journal knows.
func (s *storm) used() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := 0
	for _, e := range s.events {
		if (e.Kind == wire.VisitStarted || e.Kind == wire.Unlocked) && e.Delivery == s.terms.Delivery {
			used = max(used, e.Count)
		}
	}
	return used
}

// rests ends gate in peace and reads its journal from the disk: it is what was sent.
func (s *storm) rests() {
	s.t.Helper()
	if err := s.end(); err != nil {
		s.t.Errorf("ended with %v: %s", err, s.log)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "gate", "time")); err != nil {
		s.t.Errorf("a restart would have to ask for the time: %v", err)
	}
	all, err := s.onDisk()
	if err != nil {
		s.t.Fatal(err)
	}
	if len(all) < len(s.events) || !cmp.Equal(all[:len(s.events)], s.events) {
		s.t.Errorf("%d entries on the disk, %d were sent, or they differ", len(all), len(s.events))
	}
}

// onDisk reads and verifies the journal, while no gate runs: by the device's own checkpoint,
// which Open looks at, and as somebody would who has kept that.
func (d *desk) onDisk() ([]wire.Event, error) {
	state := filepath.Join(d.dir, "gate")
	k, err := keys.Open(filepath.Join(state, "keys"))
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(state, "journal")
	var all []wire.Event
	if _, _, err := journal.Open(dir, k.Device(), k.Signer(), func(e wire.Event) { all = append(all, e) }); err != nil {
		return nil, err
	}
	note, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return all, err
	}
	kept, err := pass.OpenCheckpoint(note, k.Signer().Public().(ed25519.PublicKey))
	if err != nil {
		return all, err
	}
	f, err := os.Open(filepath.Join(dir, "events"))
	if err != nil {
		return all, err
	}
	err = errors.Join(journal.Verify(f, kept), f.Close())
	if kept.Size == 0 {
		err = errors.Join(err, fmt.Errorf("nothing was ever signed"))
	}
	return all, err
}
