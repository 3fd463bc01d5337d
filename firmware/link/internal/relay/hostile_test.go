package relay

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/sdp/v3"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// score is what was tried and how it went, for one kind of meddling.
type score struct{ tried, refused, carried, wrong int }

// A hostile hub carries the letters between a viewer with the page's checks and the true link with the true
// gate, and changes them. Whatever it does, nobody is connected to anybody but whom they meant, and whoever
// is refused is in link's log with a reason, and in the household's journal.
//
// VESTIBULE_HOSTILE says how many cases: 600 without it, and "make live-long" does 20,000. VESTIBULE_CASES
// names a file that all cases are written to, one a line, for the page's own tests.
func TestHostileHub(t *testing.T) {
	cases := 600
	if n, err := strconv.Atoi(os.Getenv("VESTIBULE_HOSTILE")); err == nil {
		cases = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("VESTIBULE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("VESTIBULE_SEED=%d", seed)
	w := newPlay(t, seed)
	all := kinds()
	scores := make([]score, len(all))
	for i := range cases {
		k := i % len(all)
		if all[k].offer != nil {
			w.offered(all[k], &scores[k])
		} else {
			w.answered(all[k], &scores[k])
		}
	}
	total := score{}
	for k, s := range scores {
		t.Logf("%-62s %5d tried %5d refused %5d let through to the right one %3d wrong", all[k].name, s.tried, s.refused, s.carried, s.wrong)
		total = score{total.tried + s.tried, total.refused + s.refused, total.carried + s.carried, total.wrong + s.wrong}
	}
	t.Logf("%d cases, %d refused, %d let through to the right one, %d connections by the hub", total.tried, total.refused, total.carried, total.wrong)
	thefts := 10
	if cases > 1000 {
		thefts = 200
	}
	w.thefts(thefts)

	// Gate's journal is not flooded: what it held back is said with the next refusal that it lets through.
	time.Sleep(time.Until(w.lastRefusal.Add(7 * time.Second)))
	w.offered(meddling{offer: func(s *scene) wire.Offer { o := s.offer; o.Call = "x"; return o }}, &score{})
	// Whom gate admitted, and WebRTC then could not read, has joined and left.
	until(t, "the journal knows of every offer", func() bool {
		joined, _ := w.home.count(wire.ViewerJoined)
		_, n := w.home.count(wire.ViewerRefused)
		return joined+n == w.letters
	})
	entries, n := w.home.count(wire.ViewerRefused)
	t.Logf("%d refusals by the device: %d lines in link's log, %v; %d entries in the journal stand for %d, the others were admitted first",
		w.refused, w.home.log.count(), w.home.log.reasons(), entries, n)
	if w.home.log.count() != w.refused {
		t.Errorf("%d refusals, %d lines in the log", w.refused, w.home.log.count())
	}
	if total.wrong != 0 {
		t.Error("somebody was connected to the wrong one")
	}
	if total.carried < cases/50 {
		t.Error("nearly nothing was let through: the test tests nothing")
	}
}

// play is a home with a window open, its viewers, and a hub in between.
type play struct {
	t           *testing.T
	home        *home
	scene       *scene
	viewers     []*browser
	uses        int // of the answer in hand
	letters     int // carried to the device
	refused     int // of those, by the device
	lastRefusal time.Time
	dump        *json.Encoder
}

func newPlay(t *testing.T, seed uint64) *play {
	t.Helper()
	h := newHome(t)
	w := &play{t: t, home: h, scene: &scene{Rand: rand.New(rand.NewPCG(seed, 5)), t: t, home: h, attacker: newKey(t), revoked: newKey(t)}}
	if path := os.Getenv("VESTIBULE_CASES"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		w.dump = json.NewEncoder(f)
	}
	member := newKey(t)
	h.grant(member)
	h.grant(w.scene.revoked)
	h.happens(wire.GrantAdded, 2)
	w.scene.past = h.plan("past", 2*time.Second, h.owner)
	h.happens(wire.WindowClosed, 1)
	w.scene.terms = h.plan("now", 2*time.Hour, h.owner, member, w.scene.revoked)
	h.revoke(w.scene.revoked)
	h.happens(wire.GrantRevoked, 1)
	for i := range 8 {
		w.viewers = append(w.viewers, newBrowser(t, []ed25519.PrivateKey{h.owner, member}[i%2]))
	}
	for range 4 {
		w.session()
	}
	return w
}

// carry hands the device an offer, as link's own letters come, and returns the answer.
func (w *play) carry(o wire.Offer) (wire.AnswerBody, wire.No, bool) {
	w.t.Helper()
	w.letters++
	l, err := wire.NewLetter(fmt.Sprint("o", w.letters), wire.LetterOffer, o)
	if err != nil {
		w.t.Fatal(err)
	}
	re, err := w.home.offer(w.t.Context(), l)
	if err != nil {
		w.t.Fatal(err)
	}
	if re.Kind == wire.LetterAnswer {
		return decode[wire.AnswerBody](w.t, re.Body), wire.No{}, true
	}
	w.refused++
	w.lastRefusal = time.Now()
	return wire.AnswerBody{}, decode[wire.No](w.t, re.Body), false
}

// hangUp ends every viewing.
func (w *play) hangUp(nonce [16]byte) {
	w.home.audience.Bye(base64.RawURLEncoding.EncodeToString(nonce[:]))
	until(w.t, "nobody watches", func() bool { return w.home.audience.Count() == 0 })
}

// session is a true call and its answer; both are kept for replays.
func (w *play) session() {
	s := w.scene
	s.viewer = w.viewers[s.IntN(len(w.viewers))]
	o := s.viewer.calls(w.t, s.terms.Device, s.terms.Delivery)
	body, no, ok := w.carry(o)
	for late := time.Now().Add(70 * time.Second); !ok && no.Reason == wire.Busy && time.Now().Before(late); { // too many true calls in a minute
		time.Sleep(100 * time.Millisecond)
		o = s.viewer.calls(w.t, s.terms.Device, s.terms.Delivery)
		body, no, ok = w.carry(o)
	}
	if !ok {
		w.t.Fatalf("the true offer is refused: %+v", no)
	}
	if s.answer.Answer != "" {
		s.olds = append(s.olds[max(0, len(s.olds)-50):], s.latest)
	}
	s.answer, s.latest, w.uses = body, exchange{o, body}, 0
	w.hangUp(s.viewer.call.Nonce)
	if err := s.viewer.checks(body, w.home.device, time.Now()); err != nil {
		w.t.Fatalf("the true answer: %v", err)
	}
}

// offered changes an offer on its way to the device.
func (w *play) offered(m meddling, sum *score) {
	s := w.scene
	s.viewer = w.viewers[s.IntN(len(w.viewers))]
	s.offer = s.viewer.calls(w.t, s.terms.Device, s.terms.Delivery)
	o := m.offer(s)
	o.SDP = strings.ToValidUTF8(o.SDP, "\ufffd") // as a letter carries it
	nonce := s.viewer.call.Nonce
	logged := w.home.log.count()
	_, no, ok := w.carry(o)
	sum.tried++
	w.write(m, o.SDP, "", false)
	switch {
	case !ok:
		sum.refused++
		if no.Reason == "" || w.home.log.count() != logged+1 {
			w.t.Errorf("%s: refused because of %q, with %d lines in the log", m.name, no.Reason, w.home.log.count()-logged)
		}
	case m.free && leadsTo(o.SDP, s.viewer.own):
		sum.carried++
	default:
		sum.wrong++
		w.t.Errorf("%s: let through\n%q\n%s", m.name, o.SDP, o.Call)
	}
	if ok {
		w.hangUp(nonce)
	}
	w.uses = 1000 // the viewer in hand has signed another call since the answer in hand
}

// answered changes an answer on its way to the viewer.
func (w *play) answered(m meddling, sum *score) {
	s := w.scene
	if w.uses++; w.uses > 40 {
		w.session()
	}
	s.offer, s.now = wire.Offer{SDP: s.viewer.sdp, Call: s.viewer.note}, time.Now()
	body := m.answer(s)
	body.SDP = strings.ToValidUTF8(body.SDP, "\ufffd") // as a letter carries it
	err := s.viewer.checks(body, w.home.device, s.now)
	sum.tried++
	w.write(m, body.SDP, body.Answer, err == nil)
	device, _ := onlyFingerprint(s.answer.SDP)
	switch {
	case err != nil:
		sum.refused++
	case m.free && leadsTo(body.SDP, device):
		sum.carried++
	default:
		sum.wrong++
		w.t.Errorf("%s: let through\n%q\n%s", m.name, body.SDP, body.Answer)
	}
}

// leadsTo: whoever reads this description, by whatever level, case or line end, finds one fingerprint and no
// other.
func leadsTo(text string, own [32]byte) bool {
	var d sdp.SessionDescription
	if d.UnmarshalString(text) != nil {
		return true // to nobody
	}
	all := slices.Clone(d.Attributes)
	for _, m := range d.MediaDescriptions {
		all = append(all, m.Attributes...)
	}
	for _, a := range all {
		if strings.EqualFold(strings.TrimSpace(a.Key), "fingerprint") && a.Value != "sha-256 "+spell(own[:]) {
			return false
		}
	}
	return true
}

// write keeps a case for the page's tests.
func (w *play) write(m meddling, text, answer string, want bool) {
	if w.dump == nil {
		return
	}
	s := w.scene
	_, one := onlyFingerprint(text)
	err := w.dump.Encode(map[string]any{
		"kind": m.name, "sdp": text, "one": one, "answer": answer, "want": want, "device": w.home.id.Sign,
		"call":   map[string]string{"device": s.viewer.call.Device, "delivery": s.viewer.call.Delivery, "nonce": base64.RawURLEncoding.EncodeToString(s.viewer.call.Nonce[:])},
		"viewer": pass.EncodeKey(public(s.viewer.key)), "now": s.now.UnixMilli(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
