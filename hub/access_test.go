package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// TestWhatMakesAnOwner: only the device's own signed card, in answer to the letter that
// named that key.
func TestWhatMakesAnOwner(t *testing.T) {
	r := newRig(t)
	d, p, thief := r.enrol(), r.phone(), r.phone()
	d.connect(r)
	nobody := func(what string) {
		t.Helper()
		for _, x := range []*phone{p, thief} {
			x.refused(403, "owner_unknown", "POST", "/api/login", x.loginNote(r.base, x.challenge(), x.key))
		}
		if got, err := r.store.Device(t.Context(), d.id); err != nil || got.Owner != "" {
			t.Fatalf("%s made %q the owner (%v)", what, got.Owner, err)
		}
	}
	for what, card := range map[string]string{
		"a card for another key":        d.card(thief.id(), d.key),
		"a card signed by another key":  d.card(p.id(), newKey(t)),
		"a card signed by the owner":    d.card(p.id(), p.key),
		"a card for nobody":             d.card("nobody", d.key),
		"no card":                       "",
		"a pass instead of a card":      p.sign(p.terms(d, parcel)),
		"a card with something besides": d.card(p.id(), d.key) + "\n",
	} {
		d.setAnswer(func(wire.Letter) (wire.LetterKind, any) { return wire.LetterPaired, wire.PairedBody{Card: card} })
		p.refused(502, "card_wrong", "POST", "/api/letters/"+d.id, p.pairBody())
		nobody(what)
	}
	d.setAnswer(func(wire.Letter) (wire.LetterKind, any) { return wire.LetterNo, wire.No{Reason: wire.PairingWrong} })
	var no wire.Letter
	p.want(200, "POST", "/api/letters/"+d.id, p.pairBody(), &no)
	if no.Kind != wire.LetterNo || !bytes.Contains(no.Body, []byte("pairing_wrong")) {
		t.Errorf("a refusal came as %s %s", no.Kind, no.Body)
	}
	nobody("a refusal")

	// An event alone, or an answer to another kind of letter, makes nobody an owner.
	d.tell(wire.Event{Index: 0, Kind: wire.Paired, Who: thief.id()})
	d.hears("seen")
	nobody("an event")
	d.setAnswer(func(wire.Letter) (wire.LetterKind, any) {
		return wire.LetterPaired, wire.PairedBody{Card: d.card(thief.id(), d.key)}
	})
	thief.refused(502, "card_wrong", "POST", "/api/letters/"+d.id, map[string]any{"kind": "try", "body": wire.Try{Delivery: "x", Sealed: []byte{1}}})
	nobody("an answer to a try")
	stray, _ := wire.NewLetter("l-unasked", wire.LetterPaired, wire.PairedBody{Card: d.card(thief.id(), d.key)})
	d.publish(wire.LeafLetterOut, stray, false)
	nobody("an answer to nothing")

	d.setAnswer(d.pairTo)
	p.pair(d)
	p.logIn()
}

// TestLateAnswerStillPairs: the page gave up, the device answers, the page can log in.
func TestLateAnswerStillPairs(t *testing.T) {
	r := newRig(t)
	d, p := r.enrol(), r.phone()
	d.connect(r)
	asked := make(chan wire.Letter, 1)
	d.setAnswer(func(l wire.Letter) (wire.LetterKind, any) { asked <- l; return "", nil })
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		l := <-asked
		giveUp()
		asked <- l
	}()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/api/letters/"+d.id,
		strings.NewReader(fmt.Sprintf(`{"kind":"pair","body":{"owner":%q,"name":"Camille","mac":"AAAA"}}`, pass.EncodeKey(publicOf(p.key)))))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if a, err := p.client.Do(q); err == nil {
		a.Body.Close()
		t.Fatal("the page did not give up")
	}
	l := <-asked
	re, _ := wire.NewLetter(l.ID, wire.LetterPaired, wire.PairedBody{Card: d.card(p.id(), d.key)})
	// The hub may still be noticing that the page is gone; the answer counts either way.
	d.publish(wire.LeafLetterOut, re, false)
	eventually(t, "paired", func() bool {
		got, err := r.store.Device(t.Context(), d.id)
		return err == nil && got.Owner == p.id()
	})
	p.logIn()
}

// TestNewOwner: the former owner's passes are withdrawn, and they may do nothing more.
func TestNewOwner(t *testing.T) {
	r := newRig(t)
	d, former := r.household()
	former.plan(d, parcel)
	p := r.phone()
	p.pair(d)
	d.hears("pass/" + parcel + " ")
	p.logIn()
	former.refused(403, "other_device", "GET", "/api/log?device="+d.id, nil)
	former.refused(403, "other_device", "POST", "/api/deliveries", planBody(former.sign(former.terms(d, parcel+"-2"))))
	r.phone().refused(404, "no_delivery", "GET", "/api/courier/"+parcel, nil)
	var list []shown
	p.want(200, "GET", "/api/deliveries", nil, &list)
	if len(list) != 0 {
		t.Errorf("the new owner sees the former's deliveries: %+v", list)
	}
}

func TestLogin(t *testing.T) {
	r := newRig(t)
	_, p := r.household()
	stranger := newKey(t)
	post := func(body any) (int, []byte) { return p.do("POST", "/api/login", body) }
	check := func(what string, body any, status int, code string) {
		t.Helper()
		got, b := post(body)
		checkError(t, what, got, b, status, code)
	}
	c := p.challenge()
	good := p.loginNote(r.base, c, p.key)
	if got, b := post(good); got != 200 {
		t.Fatalf("login: %d %s", got, b)
	}
	check("used twice", good, 403, "challenge_stale")
	check("never given", p.loginNote(r.base, [32]byte{1}, p.key), 403, "challenge_stale")
	c = p.challenge()
	check("another origin", p.loginNote("https://evil.example", c, p.key), 403, "foreign_origin")
	check("used up by that", p.loginNote(r.base, c, p.key), 403, "challenge_stale")
	check("another name of the hub", p.loginNote("https://home.example", p.challenge(), p.key), 403, "foreign_origin")
	check("a stranger", p.loginNote(r.base, p.challenge(), stranger), 403, "owner_unknown")
	note, _ := pass.SignOrder(pass.Order{Device: "d", Verb: pass.Lock, Delivery: "x", At: r.clock.now()}, p.key)
	check("an order instead", map[string]string{"note": string(note)}, 400, "unreadable")
	forged, _ := pass.SignLogin(pass.Login{Origin: r.base, Challenge: p.challenge()}, stranger)
	check("somebody else's name on it", map[string]string{"note": strings.ReplaceAll(string(forged), pass.KeyID(publicOf(stranger)), p.id())}, 403, "bad_signature")
	check("nothing", map[string]string{}, 403, "owner_unknown")
	c = p.challenge()
	r.clock.move(time.Minute)
	check("too late", p.loginNote(r.base, c, p.key), 403, "challenge_stale")
	c = p.challenge()
	r.clock.move(time.Minute - time.Second)
	if got, b := post(p.loginNote(r.base, c, p.key)); got != 200 {
		t.Errorf("just in time: %d %s", got, b)
	}
}

func TestSession(t *testing.T) {
	r := newRig(t)
	d, p := r.household()
	other := r.phone() // the same person's other browser
	other.key = p.key
	_, _, h := other.send("POST", "/api/login", other.loginNote(r.base, other.challenge(), other.key), nil)
	cookie := h.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	if strings.Contains(cookie, "Secure") {
		t.Error("a Secure cookie over plain HTTP is lost")
	}
	secret := strings.TrimPrefix(strings.Split(cookie, ";")[0], "vestibule=")
	if len(secret) != 43 {
		t.Errorf("the cookie's secret has %d characters, want 43 (256 bits)", len(secret))
	}
	for _, name := range []string{secret, secret[:20]} {
		if owner, err := r.store.Session(t.Context(), name, r.clock.now()); err != nil || owner != "" {
			t.Errorf("the store knows the secret itself: %q, %v", owner, err)
		}
	}
	_, _, h = r.phone().send("POST", "/api/login", p.loginNote("https://home.example", p.challenge(), p.key), func(q *http.Request) {
		q.Host = "home.example"
		q.Header.Set("Origin", "https://home.example")
	})
	if c := h.Get("Set-Cookie"); !strings.Contains(c, "Secure") || h.Get("Strict-Transport-Security") == "" {
		t.Errorf("behind TLS the cookie is %q", c)
	}

	guest := r.phone()
	for _, c := range []struct{ method, path string }{
		{"GET", "/api/me"}, {"GET", "/api/deliveries"}, {"GET", "/api/log"}, {"GET", "/api/events"},
		{"POST", "/api/deliveries"}, {"POST", "/api/orders"},
	} {
		var body any
		if c.method == "POST" {
			body = map[string]string{"note": "x"}
		}
		guest.refused(401, "login_needed", c.method, c.path, body)
		status, b, _ := guest.send(c.method, c.path, body, func(q *http.Request) { q.Header.Set("Cookie", "vestibule="+secret[:42]+"x") })
		checkError(t, "a wrong cookie", status, b, 401, "login_needed")
	}
	guest.refused(401, "login_needed", "POST", "/api/letters/"+d.id, map[string]any{"kind": "offer", "body": wire.Offer{}})

	p.want(200, "GET", "/api/me", nil, nil)
	p.want(204, "POST", "/api/logout", struct{}{}, nil)
	p.refused(401, "login_needed", "GET", "/api/me", nil)
	status, b, _ := guest.send("GET", "/api/deliveries", nil, func(q *http.Request) { q.Header.Set("Cookie", "vestibule="+secret) })
	if status != 200 {
		t.Errorf("another session ended with that one: %d %s", status, b)
	}
	r.clock.move(30 * 24 * time.Hour)
	status, b, _ = guest.send("GET", "/api/me", nil, func(q *http.Request) { q.Header.Set("Cookie", "vestibule="+secret) })
	checkError(t, "after 30 days", status, b, 401, "login_needed")
}

func TestLetters(t *testing.T) {
	r := newRig(t)
	d, p := r.household()
	other, stranger := r.household()
	write := func(device string, kind wire.LetterKind, body any) (string, any) {
		return "/api/letters/" + device, map[string]any{"kind": kind, "body": body}
	}
	offer := wire.Offer{SDP: strings.Repeat("v", 20_000), Call: "call", Key: "key"}
	d.setAnswer(func(l wire.Letter) (wire.LetterKind, any) {
		switch l.Kind {
		case wire.LetterOffer:
			return wire.LetterAnswer, wire.AnswerBody{SDP: "sdp", Answer: "answer"}
		case wire.LetterRemember:
			return wire.LetterRemembered, wire.Remembered{Reference: "reference"}
		case wire.LetterDrill:
			return wire.LetterDrilling, wire.Drilling{Clock: 1, For: 20_000}
		}
		return wire.LetterNo, wire.No{Reason: wire.CodeWrong, Left: 9}
	})
	var re wire.Letter
	path, body := write(d.id, wire.LetterOffer, offer)
	p.want(200, "POST", path, body, &re)
	if re.Kind != wire.LetterAnswer || re.ID == "" {
		t.Errorf("the offer was answered with %+v", re)
	}
	stranger.refused(403, "other_device", "POST", path, body)
	path, body = write(d.id, wire.LetterRemember, wire.Remember{Order: "order"})
	p.want(200, "POST", path, body, &re)
	if re.Kind != wire.LetterRemembered || string(re.Body) != `{"reference":"reference"}` {
		t.Errorf("remember was answered with %s %s", re.Kind, re.Body)
	}
	stranger.refused(403, "other_device", "POST", path, body)
	r.phone().refused(401, "login_needed", "POST", path, body)
	path, body = write(d.id, wire.LetterDrill, wire.Drill{Order: "order"})
	p.want(200, "POST", path, body, &re)
	if re.Kind != wire.LetterDrilling || string(re.Body) != `{"clock":1,"for":20000}` {
		t.Errorf("a drill was answered with %s %s", re.Kind, re.Body)
	}
	stranger.refused(403, "other_device", "POST", path, body)
	path, body = write(d.id, wire.LetterBye, wire.Bye{Nonce: "n"})
	p.want(200, "POST", path, body, &re)
	if re.Kind != wire.LetterBye {
		t.Errorf("bye came back as %s", re.Kind)
	}
	stranger.refused(403, "other_device", "POST", path, body)
	path, body = write(d.id, wire.LetterTrickle, wire.Trickle{Nonce: "n", Candidates: []string{}})
	stranger.refused(403, "other_device", "POST", path, body)
	r.phone().refused(401, "login_needed", "POST", path, body)
	eventually(t, "bye", func() bool { return d.letters() == 5 }) // to be paired, the offer, remember, the drill, bye
	for what, c := range map[string]struct {
		kind   wire.LetterKind
		body   any
		status int
		code   string
	}{
		"unknown kind":      {"unlock", wire.Try{}, 404, "no_such_request"},
		"a friend's drill":  {wire.LetterDrill, map[string]any{"order": "", "friend": 1}, 400, "unreadable"},
		"a friend's order":  {wire.LetterRemember, map[string]any{"order": "", "friend": 1}, 400, "unreadable"},
		"an answer":         {wire.LetterPaired, wire.PairedBody{}, 404, "no_such_request"},
		"no kind":           {"", wire.Try{}, 404, "no_such_request"},
		"try with a friend": {wire.LetterTry, map[string]any{"delivery": "x", "sealed": "AA==", "friend": 1}, 400, "unreadable"},
		"try of nothing":    {wire.LetterTry, "text", 400, "unreadable"},
		"pair with no key":  {wire.LetterPair, wire.Pair{Owner: "short"}, 400, "unreadable"},
		"pair with a novel": {wire.LetterPair, wire.Pair{Owner: pass.EncodeKey(publicOf(p.key)), Name: strings.Repeat("n", 201)}, 400, "unreadable"},
		"an endless offer":  {wire.LetterOffer, wire.Offer{SDP: strings.Repeat("v", wire.MaxLetter)}, 413, "too_large"},
	} {
		path, body := write(d.id, c.kind, c.body)
		got, b := p.do("POST", path, body)
		checkError(t, what, got, b, c.status, c.code)
	}
	path, body = write("nobody", wire.LetterTry, wire.Try{Delivery: "x"})
	p.refused(404, "no_device", "POST", path, body)
	if d.letters() != 5 {
		t.Error("what was refused reached the device")
	}

	// A flood is held off, for one address and one delivery.
	guest, flooded := r.phone(), 0
	path, body = write(d.id, wire.LetterTry, wire.Try{Delivery: parcel, Sealed: []byte{1}})
	for range 30 {
		status, b := guest.do("POST", path, body)
		if status == 429 {
			checkError(t, "flood", status, b, 429, "too_often")
			flooded++
		}
	}
	if flooded != 15 {
		t.Errorf("%d of 30 tries were held off, want 15", flooded)
	}
	r.clock.move(2 * time.Second)
	guest.want(200, "POST", path, body, &re)

	other.client.Disconnect(100)
	eventually(t, "offline", func() bool { return !r.house.Presence(other.id).Online })
	path, body = write(other.id, wire.LetterTry, wire.Try{Delivery: parcel, Sealed: []byte{1}})
	guest.refused(503, "device_offline", "POST", path, body)
}

// TestPlanRefuses: what is wrong with a pass is said at once, and reaches no device.
func TestPlanRefuses(t *testing.T) {
	r := newRig(t)
	d, p := r.household()
	theirs, stranger := r.household()
	note := p.sign(p.terms(d, parcel))
	for what, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"junk":                       {planBody("junk"), 403, "bad_signature"},
		"nothing":                    {planBody(""), 403, "bad_signature"},
		"20 kB of junk":              {planBody(strings.Repeat("x", 20_000)), 413, "too_large"},
		"a megabyte of junk":         {bytes.Repeat([]byte("x"), 1<<20), 413, "too_large"},
		"no JSON":                    {[]byte("vestibule/pass/v1"), 400, "unreadable"},
		"a friend":                   {map[string]any{"note": note, "friend": 1}, 400, "unreadable"},
		"two bodies":                 {[]byte(`{"note":""}{"note":""}`), 400, "unreadable"},
		"another word":               {planBody(strings.Replace(note, "entries 3", "entries 9", 1)), 403, "bad_signature"},
		"signed by another owner":    {planBody(stranger.sign(p.terms(d, parcel))), 403, "bad_signature"},
		"another owner's device":     {planBody(p.sign(p.terms(theirs, parcel))), 403, "other_device"},
		"an order":                   {planBody(string(must(pass.SignOrder(pass.Order{Device: d.id, Verb: pass.Lock, Delivery: parcel, At: r.clock.now()}, p.key)))), 400, "unreadable"},
		"an unknown device":          {planBody(p.sign(change(p.terms(d, parcel), func(t *pass.Terms) { t.Device = "nobody" }))), 403, "other_device"},
		"a window that is over":      {planBody(p.sign(change(p.terms(d, parcel), func(t *pass.Terms) { t.From, t.Until = t.From.Add(-2*time.Hour), t.From.Add(-time.Hour) }))), 409, "window_over"},
		"a window far away":          {planBody(p.sign(change(p.terms(d, parcel), func(t *pass.Terms) { t.From, t.Until = t.From.Add(90*24*time.Hour), t.Until.Add(90*24*time.Hour) }))), 400, "too_far_ahead"},
		"a name that can be guessed": {planBody(p.sign(p.terms(d, "d1"))), 400, "delivery_name"},
		"a novel about the courier":  {map[string]any{"note": note, "courier": map[string]string{"name": strings.Repeat("é", 201)}}, 400, "unreadable"},
		"a bell in the note":         {map[string]any{"note": note, "courier": map[string]string{"note": "\a"}}, 400, "unreadable"},
	} {
		got, b := p.do("POST", "/api/deliveries", c.body)
		checkError(t, what, got, b, c.status, c.code)
	}
	for what, o := range map[string]struct {
		order  pass.Order
		status int
		code   string
	}{
		"an order about nothing":              {pass.Order{Device: d.id, Verb: pass.Cancel, Delivery: "nothing"}, 404, "no_delivery"},
		"an order to another owner's device":  {pass.Order{Device: theirs.id, Verb: pass.Cancel, Delivery: "nothing"}, 403, "other_device"},
		"an order about another's delivery":   {pass.Order{Device: d.id, Verb: pass.Cancel, Delivery: "d-theirs-0123456789"}, 404, "no_delivery"},
		"an order that goes by letter":        {pass.Order{Device: d.id, Verb: pass.Remember, Delivery: "nothing"}, 400, "unreadable"},
		"a drill, which goes by letter":       {pass.Order{Device: d.id, Verb: pass.Drill, Delivery: "nothing"}, 400, "unreadable"},
		"an order that is none of the orders": {pass.Order{Device: d.id, Verb: "open", Delivery: "nothing"}, 400, "unreadable"},
	} {
		if strings.Contains(what, "another's") {
			stranger.plan(theirs, "d-theirs-0123456789")
		}
		o.order.At = r.clock.now()
		got, b := p.do("POST", "/api/orders", map[string]string{"note": string(must(pass.SignOrder(o.order, p.key)))})
		checkError(t, what, got, b, o.status, o.code)
	}

	// The same pass again is no mistake; another one of that name is.
	p.plan(d, parcel)
	for range 2 {
		p.want(200, "POST", "/api/deliveries", planBody(must(r.store.Delivery(t.Context(), parcel)).Pass), nil)
	}
	p.refused(409, "delivery_known", "POST", "/api/deliveries", planBody(p.sign(change(p.terms(d, parcel), func(t *pass.Terms) { t.Entries = 1 }))))
	stranger.refused(409, "delivery_known", "POST", "/api/deliveries", planBody(stranger.sign(stranger.terms(theirs, parcel))))
	for i := range 63 {
		p.want(201, "POST", "/api/deliveries", planBody(p.sign(p.terms(d, fmt.Sprintf("%s-%d", parcel, i)))), nil)
	}
	p.refused(409, "too_many", "POST", "/api/deliveries", planBody(p.sign(p.terms(d, parcel+"-last"))))
	p.want(200, "POST", "/api/deliveries", planBody(must(r.store.Delivery(t.Context(), parcel)).Pass), nil)
	for len(theirs.said) > 0 {
		if s := <-theirs.said; strings.Contains(s, parcel) {
			t.Errorf("another owner's device heard %.60q", s)
		}
	}
}

func change(t pass.Terms, by func(*pass.Terms)) pass.Terms { by(&t); return t }

// TestOwnersAreApart: what happens to one owner's device is nobody else's news.
func TestOwnersAreApart(t *testing.T) {
	r := newRig(t)
	d, p := r.household()
	theirs, stranger := r.household()
	mine, other := p.stream("/api/events"), stranger.stream("/api/events")
	mine.until("online")
	other.until("online")
	p.plan(d, parcel)
	d.event(0, wire.PassAccepted, parcel)
	d.publish(wire.LeafState, wire.State{Time: r.clock.now(), Delivery: parcel}, true)
	mine.until("state ", parcel)
	theirs.event(0, wire.Started, "")
	if e, _ := other.next(); !strings.HasPrefix(e, "event ") || !strings.Contains(e, theirs.id) {
		t.Errorf("another owner's page got %s", e)
	}
	// A device can't speak of another's delivery.
	theirs.event(1, wire.Cancelled, parcel)
	theirs.hears(`seen {"next":2}`)
	if got := p.delivery(parcel); got.Status != "accepted" {
		t.Errorf("another device made the delivery %s", got.Status)
	}
	stranger.refused(403, "other_device", "GET", "/api/log?device="+d.id, nil)
	var list []shown
	stranger.want(200, "GET", "/api/deliveries", nil, &list)
	if len(list) != 0 {
		t.Errorf("another owner's list: %+v", list)
	}
}

// TestGuard: only our own pages, under our own names, in our own form.
func TestGuard(t *testing.T) {
	r := newRig(t)
	p := r.phone()
	_, port, _ := net.SplitHostPort(r.web.Addr().String())
	for _, c := range []struct {
		what   string
		method string
		change func(*http.Request)
		code   string // "" when let through
	}{
		{"as our page does", "POST", nil, ""},
		{"localhost", "POST", func(q *http.Request) { q.Host = "localhost:" + port; q.Header.Set("Origin", "http://localhost:"+port) }, ""},
		{"[::1]", "GET", func(q *http.Request) { q.Host = "[::1]:" + port }, ""},
		{"the name we were told", "GET", func(q *http.Request) { q.Host = "home.example" }, ""},
		{"a foreign name", "GET", func(q *http.Request) { q.Host = "evil.example:" + port }, "foreign_host"},
		{"our name on another port", "GET", func(q *http.Request) { q.Host = "127.0.0.1:1" }, "foreign_host"},
		{"our name without the port", "GET", func(q *http.Request) { q.Host = "127.0.0.1" }, "foreign_host"},
		{"a typed address", "GET", func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "none") }, ""},
		{"another site reads", "GET", func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") }, "foreign_page"},
		{"another port reads", "GET", func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") }, "foreign_page"},
		{"another site posts", "POST", func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") }, "foreign_page"},
		{"another port posts", "POST", func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") }, "foreign_page"},
		{"another origin, old browser", "POST", func(q *http.Request) {
			q.Header.Del("Sec-Fetch-Site")
			q.Header.Set("Origin", "http://evil.example")
		}, "foreign_page"},
		{"no origin at all: no browser", "POST", func(q *http.Request) { q.Header.Del("Sec-Fetch-Site"); q.Header.Del("Origin") }, ""},
		{"a form", "POST", func(q *http.Request) { q.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, "not_json"},
		{"plain text", "POST", func(q *http.Request) { q.Header.Set("Content-Type", "text/plain") }, "not_json"},
		{"no type", "POST", func(q *http.Request) { q.Header.Del("Content-Type") }, "not_json"},
		{"another alphabet", "POST", func(q *http.Request) { q.Header.Set("Content-Type", "application/json; charset=utf-7") }, "not_json"},
		{"JSON said at length", "POST", func(q *http.Request) { q.Header.Set("Content-Type", "Application/JSON; charset=UTF-8") }, ""},
		{"another method", "DELETE", nil, "no_such_request"},
	} {
		path, body := "/api/login/challenge", any(struct{}{})
		if c.method == "GET" {
			path, body = "/api/me", nil
		}
		status, b, h := p.send(c.method, path, body, c.change)
		switch {
		case c.code != "":
			want := map[string]int{"foreign_host": 421, "foreign_page": 403, "not_json": 415, "no_such_request": 404}[c.code]
			checkError(t, c.what, status, b, want, c.code)
		case c.method == "GET": // let through, to find that nobody is logged in
			checkError(t, c.what, status, b, 401, "login_needed")
		case status != 200:
			t.Errorf("%s: %d %s", c.what, status, b)
		}
		checkHeaders(t, c.what, h)
		if h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", c.what, h.Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/api/", "/api/nothing", "/api/me/x", "/api/letters/"} {
		p.refused(404, "no_such_request", "GET", path, nil)
	}
}

func checkHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
		t.Errorf("%s: Content-Security-Policy %q", what, csp)
	}
	for name, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q", what, name, h.Get(name))
		}
	}
	for _, sensor := range []string{"camera=()", "microphone=()", "geolocation=()"} {
		if !strings.Contains(h.Get("Permissions-Policy"), sensor) {
			t.Errorf("%s: Permissions-Policy lacks %s", what, sensor)
		}
	}
}

func TestPages(t *testing.T) {
	r := newRig(t)
	p := r.phone()
	status, b, h := p.send("GET", "/", nil, nil)
	if status != 200 || !bytes.Contains(b, []byte("<html")) || h.Get("Cache-Control") != "no-cache" || h.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("/: %d %v", status, h)
	}
	checkHeaders(t, "/", h)
	if bytes.Contains(b, []byte("<script>")) || bytes.Contains(b, []byte("<style")) || bytes.Contains(b, []byte("https://")) {
		t.Error("the first page has something inline or from elsewhere")
	}
	status, b, _ = p.send("GET", "/", nil, func(q *http.Request) { q.Header.Set("If-None-Match", h.Get("ETag")) })
	if status != http.StatusNotModified || len(b) != 0 {
		t.Errorf("the same page again: %d, %d bytes", status, len(b))
	}
	for _, path := range []string{"/nothing", "/assets/", "/assets", "/../hub.go", "/%2e%2e/hub.go", "/index.html/"} {
		if status, b, _ := p.send("GET", path, nil, nil); status == 200 {
			t.Errorf("%s: %d %.40q", path, status, b)
		}
	}
}

// TestStreamsAreCounted: an owner's streams are limited, and given back.
func TestStreamsAreCounted(t *testing.T) {
	r := newRig(t)
	_, p := r.household()
	var open []*stream
	for range 8 {
		s := p.stream("/api/events")
		s.until("online")
		open = append(open, s)
	}
	p.refused(429, "too_often", "GET", "/api/events", nil)
	open[0].stop()
	eventually(t, "room again", func() bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		if a.StatusCode != 200 {
			_, _ = io.Copy(io.Discard, a.Body)
		}
		return a.StatusCode == 200
	})
}

// Whoever is logged in as the household, and whoever has a reader's credentials, as Home Assistant does, may
// have the door locked: the device gets one letter. Nobody else, and nothing but that.
func TestLockOnly(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	_, stranger := r.household()
	d.setAnswer(func(l wire.Letter) (wire.LetterKind, any) {
		if l.Kind != wire.LetterLock || string(l.Body) != "{}" {
			t.Errorf("the device got %s %s", l.Kind, l.Body)
		}
		return wire.LetterLocked, wire.LockedBody{}
	})
	before := d.letters()
	path := "/api/letters/" + d.id
	ask := func(body string) map[string]any { return map[string]any{"kind": "lock", "body": json.RawMessage(body)} }
	var answer wire.Letter
	owner.want(200, "POST", path, ask(`{}`), &answer)
	if answer.Kind != wire.LetterLocked || d.letters() != before+1 {
		t.Errorf("%+v, %d letters", answer, d.letters()-before)
	}
	owner.refused(400, "unreadable", "POST", path, ask(`{"open":true}`))
	stranger.refused(403, "other_device", "POST", path, ask(`{}`))

	login, err := house.AddReader(t.Context(), r.store, "ha")
	if err != nil {
		t.Fatal(err)
	}
	ha := paho.NewClient(paho.NewClientOptions().AddBroker("mqtt://" + r.broker.Addr().String()).SetClientID("ha").SetUsername(login.User).
		SetPassword(login.Password).SetAutoReconnect(false).SetConnectTimeout(patience).SetProtocolVersion(4))
	done := func(tok paho.Token) {
		t.Helper()
		if !tok.WaitTimeout(patience) || tok.Error() != nil {
			t.Fatalf("mqtt: %v", tok.Error())
		}
	}
	done(ha.Connect())
	defer ha.Disconnect(0)
	for _, junk := range []string{"UNLOCK", "OPEN", "", "lock", strings.Repeat("LOCK", 5000)} {
		done(ha.Publish(d.topic(wire.LeafLock), 1, true, junk))
	}
	done(ha.Publish(d.topic(wire.LeafLock), 1, true, wire.LockPayload)) // retained, and not kept
	for late := time.Now().Add(patience); d.letters() < before+2; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the device never heard of it")
		}
	}
	// It comes in order: when this answer is here, so would be all that the junk had led to.
	owner.want(200, "POST", path, ask(`{}`), &answer)
	if n := d.letters() - before; n != 3 {
		t.Errorf("%d letters, want 3", n)
	}
}
