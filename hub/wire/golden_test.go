package wire_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/wire"
)

var update = flag.Bool("update", false, "write the golden files again")

const (
	device   = "zttcteml56p7xfui"
	delivery = "d-7f3a9c51e2b84d06"
	owner    = "7uobombf7xdvbxlp"
)

var at = time.Date(2026, 11, 22, 14, 5, 9, 123_000_000, time.UTC)

// message is one line of a golden file: a topic and what is published there, as
// mosquitto_sub -v shows it.
type message struct {
	topic   string
	payload any
}

// notes are topics whose payload is a signed note, of which hub/pass publishes examples.
func notes() []string {
	var topics []string
	for _, leaf := range wire.NoteLeaves() {
		name := map[string]string{wire.LeafPass: delivery, wire.LeafAmend: delivery, wire.LeafOrder: "vJqsrzxqOqwBoEz66gelAA"}[leaf]
		if name == "" {
			name = "f33t6h2qekxzs7yl"
		}
		topics = append(topics, wire.Topic(device, leaf, name))
	}
	return topics
}

func retained() []message {
	return []message{
		{wire.Topic(device, wire.LeafOnline), wire.Online{Online: true}},
		{wire.Topic(device, wire.LeafOnline), wire.Online{}},
		{wire.Topic(device, wire.LeafSeen), wire.Seen{Next: 42}},
		{wire.Topic(device, wire.LeafState), wire.State{
			Time: at, Door: wire.DoorClosed, Bolt: wire.BoltLocked, Camera: wire.CameraIsOff, Visit: wire.NoWindow,
		}},
		{wire.Topic(device, wire.LeafState), wire.State{
			Time: at, Door: wire.DoorAjar, Bolt: wire.BoltUnlocked, Camera: wire.CameraFaulty, Visit: wire.VisitUnderWay,
			Delivery: delivery, Until: at.Add(time.Hour), Entries: 2, Timeless: true, Alarm: wire.HeldOpen, Why: wire.EyeGone, Viewers: 1,
			Spent: &wire.Spent{Colour: 216, Shadow: 1134},
		}},
	}
}

func pulses() []message {
	return []message{
		{wire.Topic(device, wire.LeafPulse), wire.Pulse{Again: 500}},
		{wire.Topic(device, wire.LeafPulse), wire.Pulse{}},
	}
}

// events has one event of each kind, with the fields that this kind carries.
func events() []message {
	about := map[wire.Kind]wire.Event{
		wire.Paired:        {Who: owner},
		wire.PassRefused:   {Reason: wire.OldEpoch},
		wire.Amended:       {Count: 1, Who: owner},
		wire.Duress:        {Via: "keypad"},
		wire.GrantAdded:    {Who: "f33t6h2qekxzs7yl"},
		wire.GrantRevoked:  {Who: "f33t6h2qekxzs7yl"},
		wire.WindowClosed:  {Reason: wire.TimeUp},
		wire.CameraOn:      {Reason: wire.ByViewer},
		wire.CameraOff:     {Spent: &wire.Spent{Colour: 216, Shadow: 1134}},
		wire.CameraFault:   {Reason: wire.LampUnseen},
		wire.CodeRefused:   {Reason: wire.CodeWrong, Via: "keypad", Count: 1},
		wire.VisitStarted:  {Via: "page"},
		wire.Unlocked:      {Count: 1},
		wire.BeyondDoorway: {Count: 1},
		wire.VisitEnded:    {Reason: wire.EntriesUsed},
		wire.ViewerJoined:  {Who: owner},
		wire.ViewerLeft:    {Who: owner},
		wire.ViewerRefused: {Who: "f33t6h2qekxzs7yl", Reason: wire.NotWatcher},
		wire.DrillBegan:    {Who: owner},
		wire.DrillEnded:    {Count: 20412},
	}
	ofDevice := map[wire.Kind]bool{
		wire.Started: true, wire.Paired: true, wire.ForcedOpen: true, wire.Tamper: true, wire.TamperOver: true, wire.SensorUnsure: true,
		wire.Panic: true, wire.ExitPressed: true,
		wire.GrantAdded: true, wire.GrantRevoked: true, wire.Watchdog: true, wire.ClockJumped: true, wire.JournalBroken: true, wire.LinkLost: true, wire.LinkBack: true,
	}
	var ms []message
	for i, kind := range wire.Kinds() {
		e := about[kind]
		e.Index, e.Kind = uint64(i), kind
		e.ID, e.Time = wire.EventID(device, e.Index), at.Add(time.Duration(i)*time.Second)
		if !ofDevice[kind] {
			e.Delivery = delivery
		}
		ms = append(ms, message{wire.Topic(device, wire.LeafEvent, string(kind)), e})
	}
	return ms
}

func letters(t *testing.T) []message {
	in, out := wire.Topic(device, wire.LeafLetterIn), wire.Topic(device, wire.LeafLetterOut)
	letter := func(topic, id string, kind wire.LetterKind, body any) message {
		l, err := wire.NewLetter(id, kind, body)
		if err != nil {
			t.Fatal(err)
		}
		return message{topic, l}
	}
	return []message{
		letter(in, "l-1", wire.LetterPair, wire.Pair{Owner: "cwxXKtm3xlBmP_IiWEndd9aYTOitDmrjSmBtTBshpJc", Name: "Camille", MAC: []byte("32 bytes of HMAC-SHA256 go here.")}),
		letter(out, "l-1", wire.LetterPaired, wire.PairedBody{Card: "vestibule/card/v1\n...\n"}),
		letter(in, "l-7", wire.LetterKnock, wire.Knock{Delivery: delivery}),
		letter(out, "l-7", wire.LetterReady, wire.Ready{Knock: []byte("32 bytes, good once and briefly.")}),
		letter(in, "l-2", wire.LetterTry, wire.Try{Delivery: delivery, Knock: []byte("32 bytes, good once and briefly."), Sealed: []byte{0, 1, 2, 253, 254, 255}}),
		letter(out, "l-2", wire.LetterTried, wire.Tried{Entry: 1, Entries: 3, Seconds: 5}),
		letter(in, "l-3", wire.LetterOffer, wire.Offer{SDP: "v=0\r\n", Call: "vestibule/call/v1\n...\n", Key: "cwxXKtm3xlBmP_IiWEndd9aYTOitDmrjSmBtTBshpJc"}),
		letter(out, "l-3", wire.LetterAnswer, wire.AnswerBody{SDP: "v=0\r\n", Answer: "vestibule/answer/v2\n...\n"}),
		letter(in, "l-13", wire.LetterTrickle, wire.Trickle{Nonce: "vJqsrzxqOqwBoEz66gelAA",
			Candidates: []string{"candidate:1 1 udp 1677721855 192.0.2.7 40001 typ relay raddr 0.0.0.0 rport 0"}}),
		letter(out, "l-13", wire.LetterTrickled, wire.Trickled{Candidates: []string{"candidate:2 1 udp 2130706431 192.0.2.9 40002 typ host"}, More: true}),
		letter(in, "l-4", wire.LetterBye, wire.Bye{Nonce: "vJqsrzxqOqwBoEz66gelAA"}),
		letter(in, "l-9", wire.LetterLock, wire.LockNow{}),
		letter(out, "l-9", wire.LetterLocked, wire.LockedBody{}),
		letter(in, "l-8", wire.LetterRemember, wire.Remember{Order: "vestibule/order/v1\n...\n"}),
		letter(out, "l-8", wire.LetterRemembered, wire.Remembered{Reference: "vestibule/reference/v1\n...\n"}),
		letter(in, "l-14", wire.LetterDrill, wire.Drill{Order: "vestibule/order/v1\n...\n"}),
		letter(out, "l-14", wire.LetterDrilling, wire.Drilling{Clock: 7_361_204, For: 20_000}),
		letter(in, "l-9", wire.LetterKnock, wire.Knock{}),
		letter(in, "l-9", wire.LetterTime, wire.Time{Word: "vestibule/time/v1\n...\n"}),
		letter(out, "l-9", wire.LetterTimed, wire.Timed{Time: at}),
		letter(out, "l-5", wire.LetterNo, wire.No{Reason: wire.CodeSlowed, Wait: 8}),
		letter(out, "l-6", wire.LetterNo, wire.No{Reason: wire.TooEarly, From: at}),
		letter(out, "l-7", wire.LetterNo, wire.No{Reason: wire.CodeWrong, Left: 9}),
	}
}

// TestGolden compares what the package writes with the published files, line by line,
// and reads each line back as a receiver does.
func TestGolden(t *testing.T) {
	for name, messages := range map[string][]message{"retained": retained(), "pulses": pulses(), "events": events(), "letters": letters(t)} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, m := range messages {
				payload, err := json.Marshal(m.payload)
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString(m.topic + " " + string(payload) + "\n")
			}
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(golden), "\n"), strings.Split(b.String(), "\n")); diff != "" {
				t.Fatalf("payloads are not what was published (-published +written):\n%s", diff)
			}
			for i, line := range strings.Split(strings.TrimSpace(string(golden)), "\n") {
				_, payload, _ := strings.Cut(line, " ")
				back := reflect.New(reflect.TypeOf(messages[i].payload))
				if err := wire.Decode([]byte(payload), back.Interface()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(messages[i].payload, back.Elem().Interface()); diff != "" {
					t.Errorf("%s came back changed (-sent +read):\n%s", line, diff)
				}
			}
		})
	}
}

// TestGoldenNotes: where signed notes are, in the order in which a device asks for them.
func TestGoldenNotes(t *testing.T) {
	const file = "testdata/notes.txt"
	written := strings.Join(notes(), "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), written); diff != "" {
		t.Errorf("topics are not what was published (-published +written):\n%s", diff)
	}
}

// TestGoldenHasEveryKind fails when a kind of letter is added without an example.
func TestGoldenHasEveryKind(t *testing.T) {
	seen := map[wire.LetterKind]bool{}
	for _, m := range letters(t) {
		seen[m.payload.(wire.Letter).Kind] = true
	}
	for _, kind := range []wire.LetterKind{wire.LetterPair, wire.LetterPaired, wire.LetterKnock, wire.LetterReady, wire.LetterTry, wire.LetterTried, wire.LetterOffer,
		wire.LetterAnswer, wire.LetterTrickle, wire.LetterTrickled, wire.LetterBye, wire.LetterRemember, wire.LetterRemembered, wire.LetterDrill, wire.LetterDrilling, wire.LetterTime, wire.LetterTimed, wire.LetterNo} {
		if !seen[kind] {
			t.Errorf("no example of a letter %q", kind)
		}
	}
	if len(events()) != len(wire.Kinds()) {
		t.Errorf("%d examples of %d kinds of event", len(events()), len(wire.Kinds()))
	}
}

// TestWordsAreWords: kinds are levels of topics and keys of catalogues.
func TestWordsAreWords(t *testing.T) {
	seen := map[string]bool{}
	check := func(word string) {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%q is no word", word)
		}
		if seen[word] {
			t.Errorf("%q is there twice", word)
		}
		seen[word] = true
	}
	for _, k := range wire.Kinds() {
		check(string(k))
	}
	clear(seen)
	for _, r := range wire.Reasons() {
		check(string(r))
	}
}

func TestTopics(t *testing.T) {
	for _, c := range []struct{ topic, device, rest string }{
		{"vestibule/v1/dev/event/started", "dev", "event/started"},
		{"vestibule/v1/dev/letter/out", "dev", "letter/out"},
		{"vestibule/v1/dev/", "", ""},
		{"vestibule/v1/dev", "", ""},
		{"vestibule/v1//state", "", ""},
		{"vestibule/v2/dev/state", "", ""},
		{"$SYS/broker/version", "", ""},
		{"", "", ""},
	} {
		device, rest, ok := wire.SplitTopic(c.topic)
		if ok != (c.device != "") || ok && (device != c.device || rest != c.rest) {
			t.Errorf("%q splits into %q, %q, %v", c.topic, device, rest, ok)
		}
		if ok && wire.Topic(device, rest) != c.topic {
			t.Errorf("%q is not joined again", c.topic)
		}
	}
}

func TestEventID(t *testing.T) {
	if d, i, ok := wire.ParseEventID(wire.EventID(device, 1<<63-1)); !ok || d != device || i != 1<<63-1 {
		t.Errorf("event id came back as %q, %d, %v", d, i, ok)
	}
	for _, bad := range []string{"", "/", device, device + "/", "/1", device + "/-1", device + "/1/2", device + "/9223372036854775808"} {
		if _, _, ok := wire.ParseEventID(bad); ok {
			t.Errorf("%q is taken for an event's id", bad)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, bad := range []string{"", "null x", `{"online":true}{}`, `{"online":true,"friend":1}`, `{"online":"yes"}`, `[]`, `{"online":true`} {
		var o wire.Online
		if err := wire.Decode([]byte(bad), &o); err == nil {
			t.Errorf("%q is taken for %+v", bad, o)
		}
	}
}

func FuzzParseLetter(f *testing.F) {
	f.Add([]byte(`{"id":"l-1","kind":"no","body":{"reason":"busy"}}`))
	f.Add([]byte(`{"id":"","kind":"no","body":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := wire.ParseLetter(b)
		if err != nil {
			return
		}
		if l.ID == "" || l.Kind == "" || len(b) > wire.MaxLetter {
			t.Fatalf("accepted %q", b)
		}
		var no wire.No
		_ = wire.Decode(l.Body, &no)
	})
}

func FuzzDecodeEvent(f *testing.F) {
	b, _ := json.Marshal(events()[0].payload)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var e wire.Event
		if wire.Decode(b, &e) == nil {
			wire.ParseEventID(e.ID)
		}
	})
}
