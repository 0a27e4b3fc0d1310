package hub

import "github.com/rivero-media/rivero/pipeline"

// CompositeClass describes Composite, which shows all ports in a grid and mixes their sound.
var CompositeClass = &pipeline.Class{
	Name: "Composite", Module: "elements", Parent: Class,
	New: pipeline.DeclareNew[compositeParams](),
}

// DispatcherClass describes Dispatcher, which switches audio and video from port to port.
var DispatcherClass = &pipeline.Class{
	Name: "Dispatcher", Module: "elements", Parent: Class,
	New:     pipeline.DeclareNew[params](),
	Methods: pipeline.Methods(pipeline.DeclareDo[dispatchParams]("connect")),
}

// DispatcherOneToManyClass describes DispatcherOneToMany, which gives all ports what comes from one.
var DispatcherOneToManyClass = &pipeline.Class{
	Name: "DispatcherOneToMany", Module: "elements", Parent: Class,
	New: pipeline.DeclareNew[params](),
	Methods: pipeline.Methods(
		pipeline.DeclareDo[sourceParams]("setSource"),
		pipeline.DeclareDo[pipeline.None]("removeSource"),
	),
}

// MixerClass describes Mixer, which switches video and mixes audio from port to port.
var MixerClass = &pipeline.Class{
	Name: "Mixer", Module: "elements", Parent: Class,
	New: pipeline.DeclareNew[params](),
	Methods: pipeline.Methods(
		pipeline.DeclareDo[mixParams]("connect"),
		pipeline.DeclareDo[mixParams]("disconnect"),
	),
}

// AlphaBlendingClass describes AlphaBlending, which lays the pictures of the ports over one of them.
var AlphaBlendingClass = &pipeline.Class{
	Name: "AlphaBlending", Module: "elements", Parent: Class,
	New: pipeline.DeclareNew[params](),
	Methods: pipeline.Methods(
		pipeline.DeclareDo[masterParams]("setMaster"),
		pipeline.DeclareDo[portProperties]("setPortProperties"),
	),
}

type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
}

// compositeParams has the size of the picture in pixels, and its rate in frames per second.
type compositeParams struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	Width         int                     `kurento:"width,optional,default=800"`
	Height        int                     `kurento:"height,optional,default=600"`
	Framerate     int                     `kurento:"framerate,optional,default=15"`
}

type dispatchParams struct {
	Source *Port `kurento:"source"`
	Sink   *Port `kurento:"sink"`
}

type sourceParams struct {
	Source *Port `kurento:"source"`
}

type mixParams struct {
	Media  pipeline.MediaType `kurento:"media"`
	Source *Port              `kurento:"source"`
	Sink   *Port              `kurento:"sink"`
}

type masterParams struct {
	Source *Port `kurento:"source"`
	ZOrder int   `kurento:"zOrder"`
}

// portProperties place a port; all but the order are fractions of the whole picture.
type portProperties struct {
	RelativeX      float32 `kurento:"relativeX"`
	RelativeY      float32 `kurento:"relativeY"`
	ZOrder         int     `kurento:"zOrder"`
	RelativeWidth  float32 `kurento:"relativeWidth"`
	RelativeHeight float32 `kurento:"relativeHeight"`
	Port           *Port   `kurento:"port"`
}
