package web

import (
	"net/http"
	"time"

	"vestibule/hub/house"
)

// show shows a delivery to a person; the note is the owner's to their own self.
func show(d house.Delivered, person string) Delivery {
	if person != d.Owner {
		d.Courier.Note = ""
	}
	return Delivery{
		Delivery: d.ID, Device: d.Device, From: d.From, Until: d.Until, Mode: string(d.Mode), Shadow: d.Shadow, Retention: int(d.Retention / time.Hour),
		Entries: d.Entries, Name: d.Courier.Name, Note: d.Courier.Note, Status: d.Status, Reason: d.Reason, Cancelling: d.Cancelling, Over: d.Over,
		Revision: d.Revision, By: d.By, Offline: d.Offline, Watched: d.Watched, Camera: d.Camera,
	}
}

func (s *Server) postDelivery(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note    string `json:"note"`
		Courier struct {
			Name string `json:"name"`
			Note string `json:"note"`
		} `json:"courier"`
	}
	person, ok := s.asked(w, r, &body)
	if !ok {
		return
	}
	d, fresh, err := s.house.Plan(r.Context(), person, body.Note, house.Courier(body.Courier))
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	code := http.StatusOK
	if fresh {
		code = http.StatusCreated
	}
	s.writeJSON(w, code, struct {
		Delivery string `json:"delivery"`
	}{d.ID})
}

func (s *Server) getDeliveries(w http.ResponseWriter, r *http.Request) {
	person, err := s.person(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	ds, err := s.house.Deliveries(r.Context(), person)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	shown := make([]Delivery, len(ds))
	for i, d := range ds {
		shown[i] = show(d, person)
	}
	s.writeJSON(w, http.StatusOK, shown)
}

func (s *Server) postOrder(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note string `json:"note"`
	}
	person, ok := s.asked(w, r, &body)
	if !ok {
		return
	}
	o, err := s.house.Order(r.Context(), person, body.Note)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusCreated, struct {
		Order string `json:"order"`
	}{o.ID})
}

func (s *Server) postAmendment(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Note string `json:"note"`
	}
	person, ok := s.asked(w, r, &body)
	if !ok {
		return
	}
	d, err := s.house.Amend(r.Context(), person, body.Note)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, struct {
		Revision uint64    `json:"revision"`
		Until    time.Time `json:"until"`
	}{d.Revision, d.Until})
}
