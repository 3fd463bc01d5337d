package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/pass"
)

const (
	cookieName    = "vestibule"
	sessionTime   = 30 * 24 * time.Hour
	challengeTime = 60 * time.Second
	maxChallenges = 4096
)

// challenges are what a key must sign to log in: each once, for a minute.
type challenges struct {
	mu   sync.Mutex
	open map[[32]byte]time.Time // until when
}

func newChallenges() *challenges { return &challenges{open: map[[32]byte]time.Time{}} }

// make draws a challenge; ok is false when too many are open.
func (c *challenges) make(now time.Time) (x [32]byte, ok bool, err error) {
	if _, err := rand.Read(x[:]); err != nil {
		return x, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= maxChallenges {
		for old, until := range c.open {
			if !now.Before(until) {
				delete(c.open, old)
			}
		}
	}
	if len(c.open) >= maxChallenges {
		return x, false, nil
	}
	c.open[x] = now.Add(challengeTime)
	return x, true, nil
}

// take uses a challenge up and reports whether it was good.
func (c *challenges) take(x [32]byte, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	until, ok := c.open[x]
	delete(c.open, x)
	return ok && now.Before(until)
}

func (s *Server) postChallenge(w http.ResponseWriter, r *http.Request) {
	var none struct{}
	if err := read(w, r, &none); err != nil {
		s.writeError(w, r, err)
		return
	}
	if !s.limits.allow(s.now(), challengeRate, "challenge", remote(r)) {
		s.writeError(w, r, errOften)
		return
	}
	x, ok, err := s.challenges.make(s.now())
	if err == nil && !ok {
		err = errOften
	}
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, struct {
		Challenge string `json:"challenge"`
	}{base64.RawURLEncoding.EncodeToString(x[:])})
}

func (s *Server) postLogin(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note string `json:"note"`
	}
	if err := read(w, r, &body); err != nil {
		s.writeError(w, r, err)
		return
	}
	person, err := s.checkLogin(r, body.Note)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	me, err := s.me(r, person)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	if err := s.openSession(w, r, person); err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, me)
}

// checkLogin returns the person whose key signed our challenge for our origin.
func (s *Server) checkLogin(r *http.Request, note string) (person string, err error) {
	person = pass.SignerID([]byte(note))
	key, err := s.house.KnownKey(r.Context(), person)
	if err != nil {
		return "", err
	}
	l, err := pass.OpenLogin([]byte(note), key)
	switch {
	case errors.Is(err, pass.ErrSignature):
		return "", house.ErrSignature.With(err)
	case err != nil:
		return "", house.ErrUnreadable.With(err)
	case !s.challenges.take(l.Challenge, s.now()):
		return "", errChallenge
	case l.Origin != s.originOf(r):
		return "", errOrigin.With(fmt.Errorf("signed for %.100q, asked at %q", l.Origin, s.originOf(r)))
	}
	return person, nil
}

// openSession remembers the person. Only the hash of the cookie's secret is kept.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, person string) error {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	now := s.now()
	if err := s.sessions.DropSessions(r.Context(), now); err != nil {
		return err
	}
	if err := s.sessions.AddSession(r.Context(), hashOf(secret), person, now.Add(sessionTime)); err != nil {
		return err
	}
	http.SetCookie(w, s.cookie(r, secret, int(sessionTime/time.Second)))
	return nil
}

func (s *Server) cookie(r *http.Request, secret string, age int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: secret, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(s.originOf(r), "https:")}
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// person returns who is logged in, or errLogin. The session of somebody who has no place here any
// more is over, whether or not it was dropped.
func (s *Server) person(r *http.Request) (string, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", errLogin
	}
	person, err := s.sessions.Session(r.Context(), hashOf(c.Value), s.now())
	if err == nil && person == "" {
		err = errLogin
	}
	if err != nil {
		return "", err
	}
	_, err = s.house.KnownKey(r.Context(), person)
	if errors.Is(err, house.ErrNoSeat) || errors.Is(err, house.ErrNoOwner) {
		err = errLogin.With(err)
	}
	return person, err
}

func (s *Server) postLogout(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		if err := s.sessions.DropSession(r.Context(), hashOf(c.Value)); err != nil {
			s.writeError(w, r, err)
			return
		}
	}
	http.SetCookie(w, s.cookie(r, "", -1))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) getMe(w http.ResponseWriter, r *http.Request) {
	person, err := s.person(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	me, err := s.me(r, person)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, me)
}

// me is who a person is here: an owner by the name they gave themselves, a member by the one their
// owner gave them.
func (s *Server) me(r *http.Request, person string) (Me, error) {
	me := Me{Owner: person, Devices: []Device{}}
	o, _, err := s.house.Owner(r.Context(), person)
	if err != nil && !errors.Is(err, house.ErrNoOwner) {
		return Me{}, err
	}
	me.Name = o.Name
	seats, err := s.house.Seats(r.Context(), person)
	if err != nil {
		return Me{}, err
	}
	for _, seat := range seats {
		if me.Name == "" {
			me.Name = seat.Grant.Name
		}
		d := seat.Device
		p := s.house.Presence(d.ID)
		sees := func(delivery string) bool { return s.house.MaySee(r.Context(), seat, delivery) }
		me.Devices = append(me.Devices, Device{d.ID, pass.EncodeKey(d.Sign), d.Card, seat.Note, seat.State(p.State, sees), p.Reached(), p.Since})
	}
	return me, nil
}
