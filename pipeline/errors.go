package pipeline

import (
	"errors"
	"fmt"

	"github.com/rivero-media/rivero/pipeline/wire"
)

// Fault is an error with a number of the Kurento protocol (protocol.md §10). Only jsonrpc turns it into
// an answer. (Error is the name of an event.)
type Fault struct {
	Code    int
	Message string
}

func (e *Fault) Error() string { return e.Message }

// Error codes of the Kurento protocol, by the type names that go with them on the wire.
const (
	MarshallError            = 40001
	UnexpectedError          = 40003
	ConnectError             = 40004
	UnsupportedMediaType     = 40005
	NotImplemented           = 40006
	InvalidSession           = 40007
	MalformedTransaction     = 40008
	NotEnoughResources       = 40009
	ObjectNotFound           = 40101
	EventNotSupported        = 40106
	IllegalParam             = 40107
	ObjectNotAvailable       = 40108
	NotFoundNoCommit         = 40109
	TagKeyNotFound           = 40110
	OperationNotSupported    = 40111
	SdpParseError            = 40201
	SdpNoLocalSdp            = 40202
	SdpNoRemoteSdp           = 40203
	SdpGenerateOfferError    = 40204
	SdpProcessOfferError     = 40205
	SdpProcessAnswerError    = 40206
	SdpAlreadyNegotiated     = 40208
	SdpNotOfferGenerated     = 40209
	SdpAnswerAlreadyProcesed = 40210
	HttpRegistrationError    = 40300
	IceGatherError           = 40400
	IceAddCandidateError     = 40401
	KmdNotFound              = 40500
	PlayerSeekFail           = 40700
)

var errorTypes = map[int]string{
	MarshallError:            "MARSHALL_ERROR",
	UnexpectedError:          "UNEXPECTED_ERROR",
	ConnectError:             "CONNECT_ERROR",
	UnsupportedMediaType:     "UNSUPPORTED_MEDIA_TYPE",
	NotImplemented:           "NOT_IMPLEMENTED",
	InvalidSession:           "INVALID_SESSION",
	MalformedTransaction:     "MALFORMED_TRANSACTION",
	NotEnoughResources:       "NOT_ENOUGH_RESOURCES",
	ObjectNotFound:           "MEDIA_OBJECT_NOT_FOUND",
	EventNotSupported:        "MEDIA_OBJECT_EVENT_NOT_SUPPORTED",
	IllegalParam:             "MEDIA_OBJECT_ILLEGAL_PARAM_ERROR",
	ObjectNotAvailable:       "MEDIA_OBJECT_NOT_AVAILABLE",
	NotFoundNoCommit:         "MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT",
	TagKeyNotFound:           "MEDIA_OBJECT_TAG_KEY_NOT_FOUND",
	OperationNotSupported:    "MEDIA_OBJECT_OPERATION_NOT_SUPPORTED",
	SdpParseError:            "SDP_PARSE_ERROR",
	SdpNoLocalSdp:            "SDP_END_POINT_NO_LOCAL_SDP_ERROR",
	SdpNoRemoteSdp:           "SDP_END_POINT_NO_REMOTE_SDP_ERROR",
	SdpGenerateOfferError:    "SDP_END_POINT_GENERATE_OFFER_ERROR",
	SdpProcessOfferError:     "SDP_END_POINT_PROCESS_OFFER_ERROR",
	SdpProcessAnswerError:    "SDP_END_POINT_PROCESS_ANSWER_ERROR",
	SdpAlreadyNegotiated:     "SDP_END_POINT_ALREADY_NEGOTIATED",
	SdpNotOfferGenerated:     "SDP_END_POINT_NOT_OFFER_GENERATED",
	SdpAnswerAlreadyProcesed: "SDP_END_POINT_ANSWER_ALREADY_PROCCESED", // sic
	HttpRegistrationError:    "HTTP_END_POINT_REGISTRATION_ERROR",
	IceGatherError:           "ICE_GATHER_CANDIDATES_ERROR",
	IceAddCandidateError:     "ICE_ADD_CANDIDATE_ERROR",
	PlayerSeekFail:           "PLAYER_SEEK_FAIL",
}

// Type is the name that goes with the number on the wire; UNDEFINED where the original has none.
func (e *Fault) Type() string {
	if t, ok := errorTypes[e.Code]; ok {
		return t
	}
	return "UNDEFINED"
}

// Errorf makes a Fault with a number of the protocol.
func Errorf(code int, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

// AsError gives the errors of decoding their numbers and leaves all others as they are.
func AsError(err error) error {
	var param *wire.ParamError
	var typ *wire.TypeError
	var class *wire.WrongClassError
	switch {
	case errors.As(err, &param):
		return &Fault{Code: MarshallError, Message: param.Message}
	case errors.As(err, &typ):
		return &Fault{Code: UnexpectedError, Message: typ.Message}
	case errors.As(err, &class):
		return &Fault{Code: ObjectNotFound, Message: class.Error()}
	}
	return err
}
