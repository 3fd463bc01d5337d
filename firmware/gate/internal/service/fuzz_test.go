package service

import (
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// FuzzLink is a link, or a hub behind it, that says whatever it likes. Nothing of it is
// signed by the owner, so nothing of it may come to anything but a bounded refusal.
func FuzzLink(f *testing.F) {
	s, owner := still(f)
	letter := func(kind wire.LetterKind, body any) []byte {
		l, err := wire.NewLetter("x", kind, body)
		if err != nil {
			f.Fatal(err)
		}
		return []byte(`{"id":"x","kind":"` + string(l.Kind) + `","body":` + string(l.Body) + `}`)
	}
	nonce := s.knocks.Give("d", s.clocks.Mono(), [8]byte{})
	sealed, err := pass.SealTry("123456789", s.device, "d", nonce, s.seal.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(pipe.TypeMail), letter(wire.LetterTry, wire.Try{Delivery: "d", Knock: nonce, Sealed: sealed}))
	f.Add(byte(pipe.TypeMail), letter(wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(owner), MAC: []byte("x")}))
	f.Add(byte(pipe.TypeMail), letter(wire.LetterRemember, wire.Remember{Order: "vestibule/order/v1\ndevice x\n"}))
	f.Add(byte(pipe.TypeMail), letter(wire.LetterDrill, wire.Drill{Order: "vestibule/order/v1\ndevice x\n"}))
	f.Add(byte(pipe.TypeNote), []byte("vestibule/order/v1\ndevice x\n"))
	f.Add(byte(pipe.TypeNote), []byte("vestibule/pass/v1\ndevice x\n\n— x eA==\n"))
	f.Add(byte(pipe.TypeAsk), []byte(`{"id":"a","call":"x","key":"`+pass.EncodeKey(owner)+`","fingerprint":""}`))
	f.Add(byte(pipe.TypeNet), []byte(`{"online":true}`))
	f.Add(byte(pipe.TypeLeft), []byte(`{"id":"a"}`))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		s.disk.jobs = nil
		do, err := s.understand(nil, pipe.Frame{Type: pipe.Type(kind), Body: body})
		if err != nil {
			return
		}
		do()
		if s.state.Delivery() != "" || s.remember.letter != "" || s.drill.delivery != "" || len(s.viewers) != 0 || len(s.passes) != 0 || len(s.asks) != 0 {
			t.Fatalf("a stranger's %s came to something", pipe.Type(kind))
		}
		if len(s.disk.jobs) > 1 {
			t.Fatalf("one frame made %d entries", len(s.disk.jobs))
		}
	})
}

// FuzzEye is an eye that says whatever it likes, while no window is open: nothing of it is
// kept.
func FuzzEye(f *testing.F) {
	s, _ := still(f)
	for kind, v := range map[pipe.Type]any{
		pipe.TypeLook:      pipe.Look{Delivery: "d", Frame: 1, Beyond: 1, Spent: wire.Spent{Colour: 216}},
		pipe.TypeTint:      pipe.Tint{Delivery: "d", Colours: colours(1)},
		pipe.TypeReference: pipe.Reference{Data: []byte("edges")},
		pipe.TypeTrouble:   pipe.Trouble{Reason: wire.CameraFailed},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(kind), b)
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		s.disk.jobs = nil
		do, err := s.seen(pipe.Frame{Type: pipe.Type(kind), Body: body})
		if err != nil {
			return
		}
		do()
		for _, j := range s.disk.jobs {
			if j.work != nil || j.entry.Kind != wire.SensorUnsure { // as time goes by, whatever eye says
				t.Fatalf("eye's %s has the disk do something: %+v", pipe.Type(kind), j.entry)
			}
		}
		if len(s.tints) != 0 || s.spending.total() != (wire.Spent{}) {
			t.Fatalf("eye's %s came to something outside a window", pipe.Type(kind))
		}
	})
}

// FuzzCompare types and scans anything: only the code and the key are right.
func FuzzCompare(f *testing.F) {
	secret, err := pass.NewSecret()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(secret.Code.Digits())
	f.Add(secret.Code.String())
	f.Add("000000000")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, typed string) {
		if v, via := compare(typed, secret); v == rule.Right && via == "" {
			if c, err := pass.ParseCode(typed); err != nil || !c.Equal(secret.Code) {
				t.Fatalf("%q is right", typed)
			}
		} else if v == rule.Right {
			t.Fatalf("the key was guessed: %q", typed)
		}
		if v, _ := compare(typed, pass.Secret{}); v == rule.Right {
			t.Fatalf("%q is right where no code is", typed)
		}
	})
}

// still is a gate that does not run, paired, with no pass.
func still(t testing.TB) (*Service, ed25519.PublicKey) {
	t.Helper()
	dir := t.TempDir()
	k, err := keys.Open(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	owner := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	if err := k.Pair(owner, "", pass.PairMAC(k.Pairing(), k.Device(), owner)); err != nil {
		t.Fatal(err)
	}
	house := sim.NewServer()
	client, err := sim.Dial(house.Connect())
	if err != nil {
		t.Fatal(err)
	}
	door, err := board.Open(client.Pins())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = door.Halt()
		_ = client.Close()
		_ = house.Close()
	})
	s, err := New(Setting{State: dir, Trust: dir, Keys: k, Door: door, Clocks: System(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s, owner
}
