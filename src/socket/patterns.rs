//! Which pattern stands behind which type of socket.

#![forbid(unsafe_code)]

use super::pattern::Pattern;
use super::{
    client, dealer, dgram, dish, pair, publisher, pull, push, radio, rep, req, router, server,
    stream, sub, xpub, xsub,
};
use crate::core::kind::Kind;

/// A fresh pattern of a type.
pub(super) fn fresh(kind: Kind) -> Box<dyn Pattern> {
    match kind {
        Kind::Pair => Box::new(pair::Pair::new()),
        Kind::Pub => Box::new(publisher::Pub::new()),
        Kind::Sub => Box::new(sub::Sub::new()),
        Kind::Req => Box::new(req::Req::new()),
        Kind::Rep => Box::new(rep::Rep::new()),
        Kind::Dealer => Box::new(dealer::Dealer::new()),
        Kind::Router => Box::new(router::Router::new()),
        Kind::Pull => Box::new(pull::Pull::new()),
        Kind::Push => Box::new(push::Push::new()),
        Kind::Xpub => Box::new(xpub::Xpub::new()),
        Kind::Xsub => Box::new(xsub::Xsub::new()),
        Kind::Stream => Box::new(stream::Stream::new()),
        Kind::Server => Box::new(server::Server::new()),
        Kind::Client => Box::new(client::Client::new()),
        Kind::Radio => Box::new(radio::Radio::new()),
        Kind::Dish => Box::new(dish::Dish::new()),
        Kind::Gather => Box::new(pull::Pull::gather()),
        Kind::Scatter => Box::new(push::Push::scatter()),
        Kind::Dgram => Box::new(dgram::Dgram::new()),
        Kind::Peer => Box::new(server::Server::peer()),
        Kind::Channel => Box::new(pair::Pair::channel()),
    }
}
