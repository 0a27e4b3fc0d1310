// Package http holds the endpoints that take media over HTTP: HttpEndpoint and HttpPostEndpoint. So far it holds their
// interface only: they are declared for getKmd and cannot be created.
package http

import (
	"github.com/rivero-media/rivero/elements/endpoint"
	"github.com/rivero-media/rivero/pipeline"
)

// Class describes HttpEndpoint.
var Class = &pipeline.Class{
	Name: "HttpEndpoint", Module: "elements", Parent: endpoint.SessionClass,
	Methods: pipeline.Methods(pipeline.DeclareOp[pipeline.None, string]("getUrl")),
}

// PostClass describes HttpPostEndpoint, whose media is the body of a POST request.
var PostClass = &pipeline.Class{
	Name: "HttpPostEndpoint", Module: "elements", Parent: Class,
	New:    pipeline.DeclareNew[postParams](),
	Events: []pipeline.EventType{pipeline.Raises[EndOfStream]()},
}

type postParams struct {
	MediaPipeline        *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	DisconnectionTimeout int                     `kurento:"disconnectionTimeout,optional,default=2"` // seconds
	UseEncodedMedia      bool                    `kurento:"useEncodedMedia,optional,default=false"`
}

// EndOfStream is raised when the body has ended.
type EndOfStream struct{ pipeline.Media }
