package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"vestibule/hub/house"
)

// What can be wrong with a request itself; everything else is package house's.
var (
	errLogin = &house.Error{Code: "login_needed",
		En: "This page’s login has ended. Reload the page.",
		Fr: "La connexion de cette page a expiré. Rechargez la page."}
	errChallenge = &house.Error{Code: "challenge_stale",
		En: "This login took too long or was used before. Please try again.",
		Fr: "Cette connexion a pris trop de temps ou a déjà servi. Veuillez réessayer."}
	errOrigin = &house.Error{Code: "foreign_origin",
		En: "This login was made for another address. Open the hub’s own page and try again.",
		Fr: "Cette connexion a été faite pour une autre adresse. Ouvrez la page du concentrateur et réessayez."}
	errHost = &house.Error{Code: "foreign_host",
		En: "The hub does not answer to this name. Use the address that was printed when it started.",
		Fr: "Le concentrateur ne répond pas à ce nom. Utilisez l’adresse affichée à son démarrage."}
	errForeign = &house.Error{Code: "foreign_page",
		En: "This request comes from another site and was refused.",
		Fr: "Cette requête vient d’un autre site et a été refusée."}
	errNotJSON = &house.Error{Code: "not_json",
		En: "This request is not in the hub’s own form (JSON) and was refused.",
		Fr: "Cette requête n’est pas dans la forme du concentrateur (JSON) et a été refusée."}
	errNoRequest = &house.Error{Code: "no_such_request",
		En: "The hub knows no such request. Reload the page.",
		Fr: "Le concentrateur ne connaît pas cette requête. Rechargez la page."}
	errNoPage = &house.Error{Code: "no_page",
		En: "There is no such page here.",
		Fr: "Cette page n’existe pas."}
	errOften = &house.Error{Code: "too_often",
		En: "That was too often in a short time. Please wait a moment, then try again.",
		Fr: "C’était trop souvent en peu de temps. Veuillez patienter un instant, puis réessayez."}
)

// status is the HTTP status of an error's code; 500 for those that are not here.
var status = map[string]int{
	"unreadable":       http.StatusBadRequest,
	"delivery_name":    http.StatusBadRequest,
	"window_over":      http.StatusConflict,
	"too_far_ahead":    http.StatusBadRequest,
	"login_needed":     http.StatusUnauthorized,
	"bad_signature":    http.StatusForbidden,
	"other_device":     http.StatusForbidden,
	"owner_unknown":    http.StatusForbidden,
	"access_over":      http.StatusForbidden,
	"not_granted":      http.StatusForbidden,
	"grant_over":       http.StatusForbidden,
	"too_many_keys":    http.StatusConflict,
	"too_many_invites": http.StatusConflict,
	"invite_taken":     http.StatusConflict,
	"no_invite":        http.StatusNotFound,
	"challenge_stale":  http.StatusForbidden,
	"foreign_origin":   http.StatusForbidden,
	"foreign_page":     http.StatusForbidden,
	"too_early":        http.StatusConflict,
	"no_device":        http.StatusNotFound,
	"no_delivery":      http.StatusNotFound,
	"no_such_request":  http.StatusNotFound,
	"no_page":          http.StatusNotFound,
	"delivery_known":   http.StatusConflict,
	"old_revision":     http.StatusConflict,
	"too_many":         http.StatusConflict,
	"too_large":        http.StatusRequestEntityTooLarge,
	"not_json":         http.StatusUnsupportedMediaType,
	"foreign_host":     http.StatusMisdirectedRequest,
	"too_often":        http.StatusTooManyRequests,
	"card_wrong":       http.StatusBadGateway,
	"device_offline":   http.StatusServiceUnavailable,
	"device_silent":    http.StatusGatewayTimeout,
	"disk_trouble":     http.StatusInsufficientStorage,
}

// writeError is the one place where an error becomes an answer. Its cause goes to the log
// only.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := house.AsError(err)
	code, ok := status[e.Code]
	if !ok {
		code = http.StatusInternalServerError
	}
	switch {
	case r.Context().Err() != nil && errors.Is(err, r.Context().Err()): // nobody is there any more
	case code >= http.StatusInternalServerError:
		s.log.Error("request", "method", r.Method, "path", r.Pattern, "error", err)
	default:
		s.log.Debug("request refused", "method", r.Method, "path", r.Pattern, "error", err)
	}
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "5")
	}
	var body struct {
		Error struct {
			Code string `json:"code"`
			En   string `json:"en"`
			Fr   string `json:"fr"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.En, body.Error.Fr = e.Code, e.En, e.Fr
	s.writeJSON(w, code, body)
}

// writeJSON answers with a value.
func (s *Server) writeJSON(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.log.Error("answer", "error", err)
		code, b = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	if _, err := w.Write(append(b, '\n')); err != nil {
		s.log.Debug("answer", "error", err)
	}
}
