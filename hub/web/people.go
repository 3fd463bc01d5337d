package web

import (
	"net/http"
	"time"

	"vestibule/hub/wire"
)

// Person is what an owner said of somebody at a device, signed. The page opens both itself.
type Person struct {
	Person     string `json:"person"` // key id
	Grant      string `json:"grant,omitempty"`
	Revocation string `json:"revocation,omitempty"`
}

// Invite is an invitation as its owner sees it.
type Invite struct {
	Invite string    `json:"invite"`
	Until  time.Time `json:"until"`
	Key    string    `json:"key,omitempty"` // of who answered, base64url
	Name   string    `json:"name,omitempty"`
	MAC    string    `json:"mac,omitempty"` // base64url; it shows that the key comes from whoever has the link
}

// People is who may do what at a device, and who is invited to.
type People struct {
	People  []Person `json:"people"`
	Invites []Invite `json:"invites"`
}

// Invited is an invitation as whoever has its link sees it.
type Invited struct {
	Device string    `json:"device"`
	Until  time.Time `json:"until"`
	Card   string    `json:"card"`          // the device's, signed
	Key    string    `json:"key,omitempty"` // of who answered, base64url
	Grant  string    `json:"grant,omitempty"`
}

// getPeople tells an owner what is carried for one of their devices.
func (s *Server) getPeople(w http.ResponseWriter, r *http.Request) {
	person, err := s.person(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	device := r.URL.Query().Get("device")
	words, err := s.house.Words(r.Context(), person, device)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	invites, err := s.house.Invites(r.Context(), person, device)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	p := People{People: []Person{}, Invites: []Invite{}}
	for _, word := range words { // by person
		if n := len(p.People); n == 0 || p.People[n-1].Person != word.Person {
			p.People = append(p.People, Person{Person: word.Person})
		}
		last := &p.People[len(p.People)-1]
		if word.Leaf == wire.LeafRevoke {
			last.Revocation = word.Note
		} else {
			last.Grant = word.Note
		}
	}
	for _, i := range invites {
		p.Invites = append(p.Invites, Invite{i.ID, i.Until, i.Key, i.Name, i.MAC})
	}
	s.writeJSON(w, http.StatusOK, p)
}

// postWord takes a grant or a revocation. Whoever has no place here any more is logged out.
func (s *Server) postWord(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note string `json:"note"`
	}
	person, ok := s.asked(w, r, &body)
	if !ok {
		return
	}
	word, err := s.house.Say(r.Context(), person, body.Note)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	if _, err := s.house.KnownKey(r.Context(), word.Person); err != nil {
		// Their sessions are worth nothing already, see person: this only tidies up.
		if err := s.sessions.DropSessionsOf(r.Context(), word.Person); err != nil {
			s.log.Error("end the sessions of somebody without a place", "person", word.Person, "error", err)
		}
	}
	s.writeJSON(w, http.StatusCreated, struct {
		Person string `json:"person"`
	}{word.Person})
}

func (s *Server) postInvite(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Device string `json:"device"`
		Invite string `json:"invite"`
	}
	person, ok := s.asked(w, r, &body)
	if !ok {
		return
	}
	i, err := s.house.Invite(r.Context(), person, body.Device, body.Invite)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusCreated, Invite{Invite: i.ID, Until: i.Until})
}

func (s *Server) postUninvite(w http.ResponseWriter, r *http.Request) {
	var none struct{}
	person, ok := s.asked(w, r, &none)
	if !ok {
		return
	}
	if err := s.house.Uninvite(r.Context(), person, r.PathValue("invite")); err != nil {
		s.writeError(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// getInvite needs no session: the invitation's id is made of the secret in its link.
func (s *Server) getInvite(w http.ResponseWriter, r *http.Request) {
	if !s.limits.allow(s.now(), noticeRate, "invite", remote(r)) {
		s.writeError(w, r, errOften)
		return
	}
	s.writeInvited(w, r)
}

func (s *Server) writeInvited(w http.ResponseWriter, r *http.Request) {
	v, err := s.house.Invited(r.Context(), r.PathValue("invite"))
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, Invited{v.Device, v.Until, v.Card, v.Key, v.Grant})
}

// postAnswer brings the owner the key of whoever opened an invitation's link.
func (s *Server) postAnswer(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Key  string `json:"key"`
		Name string `json:"name"`
		MAC  string `json:"mac"`
	}
	if err := read(w, r, &body); err != nil {
		s.writeError(w, r, err)
		return
	}
	if !s.limits.allow(s.now(), pairRate, "answer", remote(r)) {
		s.writeError(w, r, errOften)
		return
	}
	if err := s.house.Answer(r.Context(), r.PathValue("invite"), body.Key, body.Name, body.MAC); err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeInvited(w, r)
}
