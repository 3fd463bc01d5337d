package service

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"periph.io/x/conn/v3/gpio"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// A whole visit at the keypad, over real pipes and the simulated door's pins.
func TestVisitAtTheKeypad(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.startAlone()
	h.eye, h.link = h.openEyeWith(colours(1)), h.openLink(0)
	h.types("123456789") // no window: dead
	h.pair()
	if h.house.World().Power || h.house.View().Buzzer {
		t.Error("camera power or a sound outside a window")
	}
	d := h.plan(func(t *pass.Terms) { t.Until = t.From.Add(30 * time.Second) })
	h.live()
	h.link.state("a live camera", func(s wire.State) bool {
		return s.Camera == wire.CameraLive && s.Visit == wire.VisitAwaited && s.Bolt == wire.BoltLocked && s.Delivery == d.terms.Delivery && s.Until.Equal(d.terms.Until)
	})
	h.typesUntil(wrongCode(t, d.secret.Code), func() bool { return h.link.refused(wire.CodeWrong) > 0 })
	e := h.link.event(wire.CodeRefused)
	for e.Reason == wire.CodeTypo { // the keypad of a busy machine misses keys
		e = h.link.event(wire.CodeRefused)
	}
	if e.Reason != wire.CodeWrong || e.Via != "keypad" || e.Count != 1 {
		t.Errorf("%+v", e)
	}
	h.types("*12")
	h.eye.shows(h, colours(1))
	h.opens(d)
	started := h.link.event(wire.VisitStarted)
	if e := h.link.event(wire.Unlocked); e.Count != 1 || e.Index != started.Index+1 {
		t.Errorf("%+v after %+v", e, started)
	}
	if !h.pull() {
		t.Fatal("unlocked, and the door does not open")
	}
	h.link.event(wire.DoorOpened)
	h.shut()
	h.link.event(wire.DoorShut)
	h.link.event(wire.Relocked)
	h.link.state("a locked door", func(s wire.State) bool { return s.Bolt == wire.BoltLocked && s.Door == wire.DoorClosed })
	h.link.event(wire.VisitEnded)
	if e := h.link.event(wire.WindowClosed); e.Reason != wire.TimeUp {
		t.Errorf("%+v", e)
	}
	h.link.event(wire.CameraOff)
	h.until("the camera has no power", func() bool { return !h.house.World().Power })
	h.until("eye sleeps", func() bool { return !h.eye.awake.Load() })
	if l := h.try(d, d.secret.Code.Digits()); no(t, l).Reason != wire.TooLate {
		t.Errorf("after the window: %s %s", l.Kind, l.Body)
	}
	h.link.mu.Lock()
	defer h.link.mu.Unlock()
	for i, e := range h.link.events {
		if e.Index != uint64(i) || e.ID != wire.EventID(h.keys.Device(), e.Index) {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if h.link.events[0].Kind != wire.Started || !slices.Equal(h.link.cuts, []wire.Reason{wire.TimeUp}) {
		t.Errorf("first %v, cuts %v", h.link.events[0].Kind, h.link.cuts)
	}
	h.until("neither pass nor tint is kept after the window", func() bool {
		files, err := os.ReadDir(filepath.Join(h.dir, "gate", "passes"))
		return err == nil && len(files) == 0
	})
}

func TestTriesByPage(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	later := h.plan(func(t *pass.Terms) { t.From, t.Until = t.From.Add(4*time.Hour), t.From.Add(5*time.Hour) })
	early := no(t, h.try(later, later.secret.Code.Digits()))
	if early.Reason != wire.TooEarly || !early.From.Equal(later.terms.From) {
		t.Errorf("early: %+v", early)
	}
	nobody := h.terms()
	typo := []byte(d.secret.Code.Digits())
	typo[8] = '0' + (typo[8]-'0'+2)%10 // one higher is a try: the code under duress. So may be a slip of another digit
	for _, c := range []struct {
		what  string
		d     delivery
		typed string
		want  wire.No
	}{
		{"an unknown delivery", nobody, nobody.secret.Code.Digits(), wire.No{Reason: wire.NoDelivery}},
		{"wrong", d, wrongCode(t, d.secret.Code), wire.No{Reason: wire.CodeWrong, Left: 6}},
		{"another delivery's", d, later.secret.Code.Digits(), wire.No{Reason: wire.CodeWrong, Left: 5}},
		{"a typo", d, string(typo), wire.No{Reason: wire.CodeTypo}},
		{"nothing", d, "", wire.No{Reason: wire.CodeTypo}},
		{"words", d, "open the door", wire.No{Reason: wire.CodeTypo}},
		{"a wrong key", d, base64.RawURLEncoding.EncodeToString(make([]byte, pass.KeySize)), wire.No{Reason: wire.CodeWrong}},
	} {
		if got := no(t, h.try(c.d, c.typed)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
	since := time.Now()
	if got := no(t, h.try(d, wrongCode(t, d.secret.Code))); got != (wire.No{Reason: wire.CodeWrong, Left: 4}) {
		t.Errorf("wrong once more: %+v", got)
	}
	// The next has to wait for 2 s from that answer, in whole seconds: for less only by what this machine took meanwhile.
	const delay = 2 * time.Second
	soon := func(l wire.Letter) {
		t.Helper()
		took := time.Since(since)
		if took >= delay {
			t.Skipf("this machine took %v to answer", took)
		}
		least := int(math.Ceil((delay - took).Seconds()))
		if got := no(t, l); got != (wire.No{Reason: wire.CodeSlowed, Wait: got.Wait}) || got.Wait < least || got.Wait > 2 {
			t.Errorf("too soon, though right, after %v: %+v", took, got)
		}
	}
	soon(h.try(d, d.secret.Code.Digits()))
	if h.energised() != 0 {
		t.Fatal("the coil had current")
	}
	l := h.try(d, base64.RawURLEncoding.EncodeToString(d.secret.Key[:]))
	if l.Kind != wire.LetterTried || into[wire.Tried](t, l) != (wire.Tried{Entry: 1, Entries: 3, Seconds: 5}) {
		t.Fatalf("the key: %s %s", l.Kind, l.Body)
	}
	if e := h.link.event(wire.VisitStarted); e.Via != "qr" {
		t.Errorf("%+v", e)
	}
	soon(h.try(d, " "+d.secret.Code.String())) // the delay still runs for digits
	for what, body := range map[string]any{
		"not sealed":    wire.Try{Delivery: d.terms.Delivery, Knock: h.sealTry(d, "1").Knock, Sealed: []byte("x")},
		"no delivery":   wire.Try{Sealed: []byte("x")},
		"unknown field": map[string]any{"delivery": "d", "sealed": "", "door": "open"},
		"not a try":     []int{1},
	} {
		if got := no(t, h.link.ask(wire.LetterTry, body)); got.Reason != wire.Unreadable {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got := no(t, h.link.ask(wire.LetterOffer, wire.Offer{})); got.Reason != wire.Unreadable {
		t.Errorf("a letter that is not gate's: %+v", got)
	}
}

// A link that hangs, or whose plug is pulled, cannot tell that the hub is there: its last word
// does not hold.
func TestASilentLinkIsOffline(t *testing.T) {
	t.Parallel()
	h, d := ready(t, func(t *pass.Terms) { t.Offline, t.Camera = false, false })
	h.link.mute.Store(true)
	h.link.event(wire.LinkLost)
	if l := h.try(d, d.secret.Code.Digits()); no(t, l).Reason != wire.Offline {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	if h.energised() != 0 {
		t.Fatal("the coil had current")
	}
	h.link.mute.Store(false)
	h.link.event(wire.LinkBack)
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
}

// Whoever carries a try cannot use it later, again, or for anything else.
func TestTriesAreGoodOnce(t *testing.T) {
	t.Parallel()
	// Ready, though this pass asks for no camera: a door whose sensors have not settled opens to nobody.
	h, d := ready(t, func(t *pass.Terms) { t.Camera = false })

	refused := h.sealTry(d, wrongCode(t, d.secret.Code))
	if got := no(t, h.link.ask(wire.LetterTry, refused)); got.Reason != wire.CodeWrong {
		t.Fatalf("%+v", got)
	}
	right := h.sealTry(d, d.secret.Code.Digits())
	if l := h.link.ask(wire.LetterTry, right); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	fresh := h.sealTry(d, d.secret.Code.Digits())
	for what, try := range map[string]wire.Try{
		"a refused one again": refused,
		"the right one again": right,
		"without a nonce":     {Delivery: d.terms.Delivery, Sealed: right.Sealed},
		"a nonce made up":     {Delivery: d.terms.Delivery, Knock: make([]byte, pass.KnockSize), Sealed: right.Sealed},
		"another delivery's":  {Delivery: d.terms.Delivery + "x", Knock: fresh.Knock, Sealed: fresh.Sealed},
	} {
		if got := no(t, h.link.ask(wire.LetterTry, try)); got.Reason != wire.TryStale {
			t.Errorf("%s: %+v", what, got)
		}
	}
	// A fresh nonce does not make an old try a new one.
	old := wire.Try{Delivery: d.terms.Delivery, Knock: fresh.Knock, Sealed: right.Sealed}
	if got := no(t, h.link.ask(wire.LetterTry, old)); got.Reason != wire.Unreadable {
		t.Errorf("an old try with a fresh nonce: %+v", got)
	}
}

func TestPairing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	pub := h.owner.Public().(ed25519.PublicKey)
	ask := func(p wire.Pair) wire.Letter { t.Helper(); return h.link.ask(wire.LetterPair, p) }
	good := wire.Pair{Owner: pass.EncodeKey(pub), MAC: pass.PairMAC(h.keys.Pairing(), h.keys.Device(), pub)}
	h.link.send(pipe.TypeNote, h.sign(h.terms().terms))
	if e := h.link.event(wire.PassRefused); e.Reason != wire.NotPaired {
		t.Errorf("%+v", e)
	}
	for want, p := range map[wire.Reason]wire.Pair{
		wire.PairingWrong: {Owner: good.Owner, MAC: make([]byte, len(good.MAC))},
		wire.Unreadable:   {Owner: "x", MAC: good.MAC},
	} {
		if got := no(t, ask(p)); got.Reason != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	for _, size := range []int{0, 1, len(good.MAC) - 1, len(good.MAC) + 1, 45_000} {
		if got := no(t, ask(wire.Pair{Owner: good.Owner, MAC: make([]byte, size)})); got.Reason != wire.Unreadable {
			t.Errorf("a proof of %d bytes: %+v", size, got)
		}
	}
	first := ask(good)
	if first.Kind != wire.LetterPaired {
		t.Fatalf("%s %s", first.Kind, first.Body)
	}
	// The owner, whose first answer was lost, hears it again; nobody else does.
	if l := ask(good); l.Kind != wire.LetterPaired || string(l.Body) != string(first.Body) {
		t.Errorf("again: %s %s", l.Kind, l.Body)
	}
	other := ed25519.PublicKey(make([]byte, ed25519.PublicKeySize))
	if got := no(t, ask(wire.Pair{Owner: pass.EncodeKey(other), MAC: good.MAC})); got.Reason != wire.PairedAlready {
		t.Errorf("another's: %+v", got)
	}
	b, err := os.ReadFile(filepath.Join(h.dir, "trust", "owner.pub"))
	if err != nil || string(b) != pass.EncodeKey(pub)+"\n" {
		t.Errorf("owner.pub %q, %v", b, err)
	}
}

// What the hub hands over and the owner did not sign for this device and moment.
func TestRefusedPasses(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	h.plan(func(t *pass.Terms) { t.Epoch, t.From, t.Until = 3, t.From.Add(70*time.Minute), t.From.Add(2*time.Hour) })
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(change func(*pass.Terms)) []byte {
		return h.sign(h.terms(func(t *pass.Terms) { t.Epoch = 3 }, change).terms)
	}
	byStranger, err := pass.SignPass(h.terms().terms, stranger)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(signed(func(*pass.Terms) {})), "\n\n")
	unknownField := h.signText(strings.Replace(text, "\nshadow off\n", "\nshadow off\nlight on\n", 1) + "\n")
	for _, c := range []struct {
		what string
		note []byte
		want wire.Reason
	}{
		{"a stranger's signature", byStranger, wire.BadSignature},
		{"an unknown field, signed", unknownField, wire.Unreadable},
		{"a flipped bit", func() []byte { n := signed(func(*pass.Terms) {}); n[40] ^= 1; return n }(), wire.BadSignature},
		{"another device", signed(func(t *pass.Terms) { t.Device = "abcdefghijklmnop" }), wire.OtherDevice},
		{"an older epoch", signed(func(t *pass.Terms) { t.Epoch = 2 }), wire.OldEpoch},
		{"a window that is over", signed(func(t *pass.Terms) { t.From, t.Until = t.From.Add(-2*time.Hour), t.From.Add(-time.Hour) }), wire.WindowOver},
		{"an overlapping window", signed(func(t *pass.Terms) { t.From, t.Until = t.From.Add(90*time.Minute), t.From.Add(3*time.Hour) }), wire.Overlaps},
		{"a code sealed to nobody", signed(func(t *pass.Terms) { t.Sealed = make([]byte, 73) }), wire.CodeUnsealed},
		{"nothing", []byte{}, wire.BadSignature},
		{"junk", bytes.Repeat([]byte("junk\n"), 1000), wire.BadSignature},
		{"1 MB of junk", bytes.Repeat([]byte("junk\n"), 200_000), wire.TooLarge},
		{"an order that is none", []byte("vestibule/order/v1\ndevice x\n"), wire.BadSignature},
	} {
		h.link.send(pipe.TypeNote, c.note)
		if e := h.link.event(wire.PassRefused); e.Reason != c.want {
			t.Errorf("%s: %+v, want %s", c.what, e, c.want)
		}
	}
	if n := h.link.count(wire.PassAccepted); n != 1 {
		t.Errorf("%d passes accepted, want 1", n)
	}
	// What is sent again is not refused again.
	h.link.send(pipe.TypeNote, byStranger)
	d := h.plan(func(t *pass.Terms) { t.Epoch, t.From, t.Until = 3, t.From.Add(5*time.Hour), t.From.Add(6*time.Hour) })
	h.link.send(pipe.TypeNote, h.sign(d.terms))
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.Cancelled)
	if n := h.link.count(wire.PassRefused); n != 12 {
		t.Errorf("%d refusals, want 12", n)
	}
}

// signText signs any text with the owner's key, as hub/pass never would.
func (h *home) signText(text string) []byte {
	h.t.Helper()
	pub := h.owner.Public().(ed25519.PublicKey)
	name := pass.KeyID(pub)
	id := sha256.Sum256(append([]byte(name+"\n\x01"), pub...))
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, id[:4],
		base64.StdEncoding.EncodeToString(append([]byte{1}, h.owner.Seed()...))))
	if err != nil {
		h.t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		h.t.Fatal(err)
	}
	return signed
}

// A hub that floods the device with junk does not fill its journal.
func TestFloodOfJunk(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	for range 400 {
		junk := make([]byte, 64)
		if _, err := rand.Read(junk); err != nil {
			t.Fatal(err)
		}
		h.link.send(pipe.TypeNote, junk)
	}
	h.plan()
	if n := h.link.count(wire.PassRefused); n < 5 || n > burst+5 {
		t.Errorf("400 pieces of junk made %d entries", n)
	}
}

// Wrong keys are not slowed. Whoever has a courier's link, or a hub, does not fill the journal with them.
func TestFloodOfWrongKeys(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	const sent = 150
	begun := time.Now()
	for range sent {
		key := make([]byte, pass.KeySize)
		if _, err := rand.Read(key); err != nil {
			t.Fatal(err)
		}
		if got := no(t, h.try(d, base64.RawURLEncoding.EncodeToString(key))); got.Reason != wire.CodeWrong {
			t.Fatalf("%+v", got)
		}
	}
	h.order("cancel", "nothing") // an entry after all of theirs
	h.link.event(wire.Cancelled)
	if n, most := h.link.count(wire.CodeRefused), burst+1+int(time.Since(begun)/refill); n < 1 || n > most {
		t.Errorf("%d wrong keys made %d entries, want at most %d", sent, n, most)
	}
}

// However slow the disk is: of wishes to be the owner, which anybody may send, one waits for it.
func TestOnePairingAtATime(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	free := h.holdDisk()
	pub := h.owner.Public().(ed25519.PublicKey)
	wish := wire.Pair{Owner: pass.EncodeKey(pub), MAC: make([]byte, sha256.Size)}
	first := h.link.write(wire.LetterPair, wish)
	for range 100 {
		if got := no(t, h.link.ask(wire.LetterPair, wish)); got.Reason != wire.Busy {
			t.Fatalf("%+v", got)
		}
	}
	h.disk.mu.Lock()
	n := len(h.disk.jobs)
	h.disk.mu.Unlock()
	if n > 2 {
		t.Errorf("%d jobs wait for the disk", n)
	}
	free()
	h.link.await("an answer to the first", func() bool { return h.link.letters[first].ID != "" })
	if l := h.link.ask(wire.LetterPair, wish); l.Kind != wire.LetterPaired {
		t.Errorf("after it: %s %s", l.Kind, l.Body)
	}
}

// holdDisk keeps the disk busy, as a card that stalls does, until the test ends or free is called.
func (h *home) holdDisk() (free func()) {
	h.t.Helper()
	held, holds := make(chan struct{}), make(chan struct{})
	free = sync.OnceFunc(func() { close(held) })
	h.t.Cleanup(free)
	h.disk.do(func() error { close(holds); <-held; return nil }, nil)
	<-holds
	return free
}

func TestOrders(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	h.order(pass.Lock, d.terms.Delivery)
	h.link.event(wire.OwnerLocked)
	h.until("the coil has no current", func() bool { return !h.house.View().Coil })
	h.link.event(wire.VisitEnded)
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CodeUsed {
		t.Errorf("after the lock: %+v", got)
	}
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.Cancelled)
	if e := h.link.event(wire.WindowClosed); e.Reason != wire.ByOwner {
		t.Errorf("%+v", e)
	}
	h.until("the camera has no power", func() bool { return !h.house.World().Power })
}

// Eye stops in mid-visit: the alarm is at once, no code opens, the door shuts and locks.
// Deliveries that were cancelled take nobody's place, and none of them comes to life again, whatever the
// hub says again and whenever gate was started.
func TestManyCancelled(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	later := func(t *pass.Terms) { t.From, t.Until = t.From.Add(time.Hour), t.From.Add(2*time.Hour) }
	const many = rule.MaxPasses + 2
	var all []delivery
	for range many {
		d := h.plan(later)
		h.order(pass.Cancel, d.terms.Delivery)
		h.link.event(wire.Cancelled)
		if e := h.link.event(wire.WindowClosed); e.Delivery != d.terms.Delivery || e.Count < 7000 {
			t.Errorf("%+v", e)
		}
		all = append(all, d)
	}
	for range 2 {
		for _, d := range all {
			h.link.send(pipe.TypeNote, h.sign(d.terms))
		}
		h.again()
	}
	for _, d := range all {
		h.link.send(pipe.TypeNote, h.sign(d.terms))
	}
	h.plan(later)
	if n := h.link.count(wire.PassAccepted); n != many+1 {
		t.Errorf("%d passes were accepted, want %d", n, many+1)
	}
	h.until("only the last pass is kept", func() bool { return h.kept(".pass") == 1 })
}

func TestEyeStopsInMidVisit(t *testing.T) {
	t.Parallel()
	h, d := ready(t, func(t *pass.Terms) { t.Grace = time.Minute })
	h.opens(d)
	h.link.event(wire.Unlocked)
	h.pull()
	h.link.event(wire.DoorOpened)
	h.eye.stall.Store(true)
	if e := h.link.event(wire.CameraFault); e.Reason != wire.CameraStalled {
		t.Errorf("%+v", e)
	}
	h.shut()
	h.link.event(wire.Relocked)
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CameraNotSeen {
		t.Errorf("%+v", got)
	}
	h.eye.close()
	h.link.state("eye is gone", func(s wire.State) bool { return s.Why == wire.EyeGone })
	h.eye = h.openEye()
	h.link.event(wire.CameraBack)
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried || into[wire.Tried](t, l).Entry != 2 {
		t.Errorf("re-entry: %s %s", l.Kind, l.Body)
	}
}

// A covered lens and a picture that is all glass are no picture.
func TestCoveredAndGlass(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	// faults sets something off until it is the fault that is told: on a busy machine eye may be late first.
	faults := func(want wire.Reason, set func(on bool)) {
		t.Helper()
		for {
			set(true)
			e := h.link.event(wire.CameraFault)
			if e.Reason == want {
				return
			}
			if e.Reason != wire.CameraStalled {
				t.Fatalf("%+v, want %s", e, want)
			}
			set(false)
			h.link.event(wire.CameraBack)
		}
	}
	glass := func(on bool) {
		why := wire.Reason("")
		if on {
			why = wire.ZoneInvalid
		}
		h.eye.glass.Store(why)
	}
	faults(wire.ZoneInvalid, glass)
	glass(false)
	h.link.event(wire.CameraBack)
	faults(wire.LampUnseen, func(on bool) {
		h.house.Do(func(house *sim.House, now time.Time) { house.SetCovered(on, now) })
	})
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CameraNotSeen {
		t.Errorf("%+v", got)
	}
}

// A link that does not read stops nothing: the keypad opens, the door locks, and a new link
// gets all entries.
func TestStuckLink(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	stuck := h.dial("link", pipe.Hello{Program: "link", Version: pipe.Version})
	defer stuck.Close()
	if err := stuck.Send(pipe.TypeFollow, pipe.Follow{}); err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // answers that nobody reads
		l, err := wire.NewLetter("x", wire.LetterTry, map[string]any{"i": i, "x": strings.Repeat("x", 2000)})
		if err != nil {
			t.Fatal(err)
		}
		if stuck.Send(pipe.TypeMail, l) != nil {
			break // it has lost its connection
		}
	}
	h.opens(d)
	h.enter()
	h.link = h.openLink(0)
	h.link.event(wire.Unlocked)
	h.link.event(wire.Relocked)
	h.link.mu.Lock()
	defer h.link.mu.Unlock()
	for i, e := range h.link.events {
		if e.Index != uint64(i) {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
}

// Link dies in mid-visit; what happened meanwhile is read afterwards, from where link was.
func TestLinkDiesInMidVisit(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	next := uint64(h.link.count(wire.Started)) + 3 // some way in
	h.link.close()
	h.opens(d)
	h.enter()
	h.link = h.openLink(next)
	h.link.event(wire.VisitStarted)
	h.link.event(wire.DoorShut)
	h.link.mu.Lock()
	first := h.link.events[0].Index
	h.link.mu.Unlock()
	if first != next {
		t.Errorf("followed from %d, got %d first", next, first)
	}
}

func TestViewers(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mine := bytes.Repeat([]byte{7}, 32)
	call := func(change func(*pass.Call)) pass.Call {
		c := pass.Call{Device: h.keys.Device(), Delivery: d.terms.Delivery, Fingerprint: [32]byte{1, 2}, At: time.Now().UTC().Truncate(time.Second)}
		if _, err := rand.Read(c.Nonce[:]); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	id := 0
	asked := func(c pass.Call, signer, key ed25519.PrivateKey, offered []byte) pipe.Admit {
		t.Helper()
		note, err := pass.SignCall(c, signer)
		if err != nil {
			t.Fatal(err)
		}
		id++
		name := string(rune('a' + id))
		h.link.send(pipe.TypeAsk, pipe.Ask{ID: name, Call: string(note), Key: pass.EncodeKey(key.Public().(ed25519.PublicKey)), Offered: offered, Fingerprint: mine})
		h.link.await("an answer to a call", func() bool { return h.link.admits[name].ID != "" })
		h.link.mu.Lock()
		defer h.link.mu.Unlock()
		return h.link.admits[name]
	}
	ask := func(c pass.Call, signer, key ed25519.PrivateKey) pipe.Admit {
		t.Helper()
		return asked(c, signer, key, c.Fingerprint[:])
	}
	good := call(nil)
	a := ask(good, h.owner, h.owner)
	answer, err := pass.OpenAnswer([]byte(a.Answer), h.keys.SignPublic())
	if err != nil || a.Reason != "" || answer.Nonce != good.Nonce || !bytes.Equal(answer.Fingerprint[:], mine) ||
		!bytes.Equal(a.Fingerprint, good.Fingerprint[:]) || !a.Until.Equal(d.terms.Until) || answer.Viewer != d.terms.Watchers[0] {
		t.Fatalf("%+v, %+v, %v", a, answer, err)
	}
	if e := h.link.event(wire.ViewerJoined); e.Who != d.terms.Watchers[0] {
		t.Errorf("%+v", e)
	}
	for _, c := range []struct {
		what        string
		call        pass.Call
		signer, key ed25519.PrivateKey
		want        wire.Reason
	}{
		{"the same call again", good, h.owner, h.owner, wire.CallStale},
		{"a stranger", call(nil), stranger, stranger, wire.NotWatcher},
		{"a stranger with the owner's key", call(nil), stranger, h.owner, wire.BadSignature},
		{"an old call", call(func(c *pass.Call) { c.At = c.At.Add(-2 * time.Minute) }), h.owner, h.owner, wire.CallStale},
		{"another device", call(func(c *pass.Call) { c.Device = "abcdefghijklmnop" }), h.owner, h.owner, wire.OtherDevice},
		{"another delivery", call(func(c *pass.Call) { c.Delivery = "other" }), h.owner, h.owner, wire.NoDelivery},
	} {
		if got := ask(c.call, c.signer, c.key); got.Reason != c.want || got.Answer != "" {
			t.Errorf("%s: %+v, want %s", c.what, got, c.want)
		}
	}
	// A true call with another's offer: the one who signed it is not blamed for it, and no nonce is spent.
	kept := call(nil)
	for _, c := range []struct {
		offered []byte
		want    wire.Reason
	}{{bytes.Repeat([]byte{9}, 32), wire.BadSignature}, {nil, wire.Unreadable}, {make([]byte, 33), wire.Unreadable}} {
		if got := asked(kept, h.owner, h.owner, c.offered); got.Reason != c.want || got.Answer != "" {
			t.Errorf("an offer of %x: %+v, want %s", c.offered, got, c.want)
		}
	}
	h.until("all nine are in the journal", func() bool { return h.link.count(wire.ViewerRefused) == 9 })
	for i := range mostViewers {
		want := wire.Reason("")
		if i == mostViewers-1 {
			want = wire.Busy
		}
		if got := ask(call(nil), h.owner, h.owner); got.Reason != want {
			t.Errorf("viewer %d: %q, want %q", i+2, got.Reason, want)
		}
	}
	h.link.state("eight viewers", func(s wire.State) bool { return s.Viewers == mostViewers })

	// Beats: signed, without a gap, live while the picture is, and not when it is not.
	h.link.await("beats", func() bool { return len(h.link.beats) >= 10 })
	h.eye.stall.Store(true)
	h.link.event(wire.CameraFault)
	h.link.mu.Lock()
	seen := len(h.link.beats)
	h.link.mu.Unlock()
	h.link.await("more beats", func() bool { return len(h.link.beats) >= seen+3 })
	h.link.mu.Lock()
	all := slices.Clone(h.link.beats)
	h.link.mu.Unlock()
	clock := answer.Clock
	for i, note := range all {
		b, err := pass.OpenBeat(note, h.keys.SignPublic())
		if err != nil || b.Seq != uint64(i+1) || b.Delivery != d.terms.Delivery || b.Run == [8]byte{} {
			t.Fatalf("beat %d: %+v, %v", i, b, err)
		}
		// What is too old to be told is not named, and no beat of ours is that slow.
		if name := newestOf(b); name != b.Frame*7 && (name != 0 || b.Age < ms(nameFor)-100) {
			t.Fatalf("beat %d names %d, %+v", i, name, b)
		}
		if b.Clock < clock {
			t.Fatalf("beat %d was signed at %d ms, the one before at %d", i, b.Clock, clock)
		}
		clock = b.Clock
		if b.Live != (b.Age <= 1000) || b.Live != (b.Why == "none") {
			t.Errorf("%+v", b)
		}
	}

	h.link.send(pipe.TypeLeft, pipe.Left{ID: "b"})
	h.link.event(wire.ViewerLeft)
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.await("the cut", func() bool { return slices.Equal(h.link.cuts, []wire.Reason{wire.ByOwner}) })
	h.link.state("no viewers", func(s wire.State) bool { return s.Viewers == 0 })
	h.until("every viewer has left in the journal", func() bool { return h.link.count(wire.ViewerLeft) == mostViewers })
	if n := h.link.count(wire.ViewerJoined); n != mostViewers {
		t.Errorf("%d joined, want %d", n, mostViewers)
	}
	if got := ask(call(nil), h.owner, h.owner); got.Reason != wire.NoDelivery {
		t.Errorf("after the window: %+v", got)
	}
}

// fuse is a coil's pin that burns the house down at the moment the coil should get current:
// it keeps a copy of the disk as it is then.
type fuse struct {
	gpio.PinIO
	blow func()
}

func (f fuse) Out(l gpio.Level) error {
	if l == gpio.High {
		f.blow()
		return os.ErrClosed
	}
	return f.PinIO.Out(l)
}

// The gate dies after the code is burned and before the coil moves: the disk says so
// already, nothing opens after the restart, and the code counts as used for one entry.
func TestDiesBetweenBurnAndCoil(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	copied := filepath.Join(t.TempDir(), "copy")
	h.wrap = func(p board.Pins) board.Pins {
		p[board.Coil] = fuse{p[board.Coil], func() {
			if err := os.CopyFS(copied, os.DirFS(h.dir)); err != nil {
				t.Error(err)
			}
		}}
		return p
	}
	h.start()
	h.pair()
	d := h.plan(func(t *pass.Terms) { t.Entries, t.Grace = 2, time.Minute })
	h.live()
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.DoorUnsure {
		t.Errorf("%+v", got)
	}
	h.end()

	h.dir, h.wrap = copied, nil
	h.start()
	started := h.link.event(wire.VisitStarted)
	if e := h.link.event(wire.Started); e.Index != started.Index+1 {
		t.Errorf("the copy goes on after the burning: %+v after %+v", e, started)
	}
	h.live2()
	if h.energised() != 0 {
		t.Fatal("the door opened by itself after a restart")
	}
	l := h.try(d, d.secret.Code.Digits())
	if l.Kind != wire.LetterTried || into[wire.Tried](t, l).Entry != 2 {
		t.Fatalf("after the restart: %s %s", l.Kind, l.Body)
	}
	h.enter()
	h.link.event(wire.Relocked)
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CodeUsed && got.Reason != wire.EntriesUsed {
		t.Errorf("a third entry of two: %+v", got)
	}
	if h.energised() != 1 {
		t.Errorf("opened %d times", h.energised())
	}
}

// live2 wakes the camera in a window that was open before the restart.
func (h *home) live2() { h.t.Helper(); h.wakes() }

// The clock is set back an hour: the window does not come again, codes are refused, and an
// owner sees it.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.ahead.Store(int64(-time.Hour))
	h.link.event(wire.ClockJumped)
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.ClockUnsure {
		t.Errorf("%+v", got)
	}
	h.end()
	h.start() // also after a restart: the journal is the floor
	h.link.event(wire.Started)
	h.link.state("that the time is not known", func(s wire.State) bool { return s.Timeless })
	h.unsure(d)
	if h.house.World().Power {
		t.Error("the camera has power, and nobody knows whether the window is over")
	}
	h.ahead.Store(0)
	h.until("a live camera", func() bool { return h.link.count(wire.CameraOn) == 2 })
	h.until("the clock is believed again", func() bool { return no(t, h.try(d, d.secret.Code.Digits())).Reason != wire.ClockUnsure })
	if h.energised() != 1 {
		t.Errorf("opened %d times", h.energised())
	}
}

// Whoever is not this version's eye or link is not listened to.
func TestStrangersAtThePipes(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.startAlone()
	for what, c := range map[string]struct {
		socket string
		hello  pipe.Hello
	}{
		"another version": {"link", pipe.Hello{Program: "link", Version: pipe.Version + 1}},
		"another program": {"link", pipe.Hello{Program: "eye", Version: pipe.Version}},
		"link as eye":     {"eye", pipe.Hello{Program: "link", Version: pipe.Version}},
	} {
		conn := h.dial(c.socket, c.hello)
		if _, err := conn.Receive(); err == nil {
			t.Errorf("%s: answered", what)
		}
		_ = conn.Close()
	}
	silent, err := pipe.Dial(filepath.Join(h.socks, "eye"))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := silent.Receive(); err == nil || time.Since(begin) > 2*helloWithin {
		t.Errorf("a silent newcomer: %v after %v", err, time.Since(begin))
	}
	_ = silent.Close()
	h.start2()
	h.pair()
}

func (h *home) start2() { h.eye, h.link = h.openEye(), h.openLink(0) }

func TestBudget(t *testing.T) {
	b := &budget{}
	now := time.Hour
	passed := 0
	for range 1000 {
		if _, ok := b.take(now); ok {
			passed++
		}
	}
	if passed != burst {
		t.Errorf("%d at once, want %d", passed, burst)
	}
	count, ok := b.take(now + refill)
	if !ok || count != 1000-burst+1 {
		t.Errorf("the next stands for %d, %v", count, ok)
	}
	for i := range 10_000 {
		if _, ok := b.take(now + time.Duration(i)*time.Second); ok {
			passed++
		}
	}
	if most := burst + int(10_000*time.Second/refill) + 1; passed > most {
		t.Errorf("%d in 10,000 s, want at most %d", passed, most)
	}
}

// newestOf is the name of the newest picture that a beat names; 0 for none.
func newestOf(b pass.Beat) uint64 {
	if len(b.Units) == 0 {
		return 0
	}
	return b.Units[len(b.Units)-1].Name
}
