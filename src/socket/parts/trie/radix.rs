//! The tree under both containers: byte strings to numbers other than zero.
//!
//! See the text of the room for why it looks like this. What holds at all times: a node that
//! carries a value keeps its number until the value is taken away; a node without a value has
//! children, and two or more unless merging it with its child would overfill the edge (the root
//! may have any number); sibling edges differ in their first byte.

#![forbid(unsafe_code)]

use std::ops::ControlFlow;

use super::fan::{Fans, NONE};

/// A node's number.
pub(super) type NodeId = u32;

/// Where every walk begins; its edge is empty.
const ROOT: NodeId = 0;
/// How many bytes of an edge one node holds: what fills its 32 bytes.
const EDGE: usize = 17;

/// One step of a prefix.
#[derive(Clone, Debug)]
struct Node {
    /// The node above; of a free node, the next free one.
    parent: NodeId,
    /// The only child, or the block of `Fans` when there are more.
    kids: u32,
    /// What the prefix that ends here maps to; 0: no prefix ends here.
    value: u32,
    kid_count: u16,
    edge_len: u8,
    edge: [u8; EDGE],
}

const _: () = assert!(size_of::<Node>() == 32);

/// A map from byte strings to numbers; see the module's text.
#[derive(Debug)]
pub(super) struct Radix {
    nodes: Vec<Node>,
    fans: Fans,
    free: NodeId,
    /// How many nodes carry a value.
    len: usize,
}

impl Node {
    /// A node without children and value.
    fn new(parent: NodeId, edge: &[u8]) -> Node {
        let mut node =
            Node { parent, kids: NONE, value: 0, kid_count: 0, edge_len: 0, edge: [0; EDGE] };
        node.set_edge(edge);
        node
    }

    /// The bytes between the parent and this node.
    #[inline]
    fn edge(&self) -> &[u8] {
        &self.edge[..usize::from(self.edge_len)]
    }

    /// Replaces the edge; `edge` must fit.
    fn set_edge(&mut self, edge: &[u8]) {
        self.edge[..edge.len()].copy_from_slice(edge);
        self.edge_len = edge.len() as u8;
    }

    /// Whether the node is there only to join two edges.
    fn only_joins(&self) -> bool {
        self.value == 0 && self.kid_count == 1
    }
}

impl Radix {
    /// An empty tree.
    pub(super) fn new() -> Radix {
        Radix { nodes: vec![Node::new(NONE, &[])], fans: Fans::new(), free: NONE, len: 0 }
    }

    /// How many prefixes have a value.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The value of a node; 0 for one that has none or is gone.
    #[inline]
    pub(super) fn value(&self, id: NodeId) -> u32 {
        self.nodes.get(id as usize).map_or(0, |node| node.value)
    }

    /// Changes the value of a node of `entry` or `find`. Zero is for `remove`.
    pub(super) fn set_value(&mut self, id: NodeId, value: u32) {
        let old = std::mem::replace(&mut self.node_mut(id).value, value);
        self.len += usize::from(old == 0);
    }

    /// The node of a prefix, made if need be. Without a value yet, it must get one at once.
    pub(super) fn entry(&mut self, prefix: &[u8]) -> NodeId {
        let (mut at, mut rest) = (ROOT, prefix);
        while let Some(&byte) = rest.first() {
            let Some(child) = self.child(at, byte) else { return self.grow(at, rest) };
            let edge = self.node(child).edge();
            let common = edge.iter().zip(rest).take_while(|(a, b)| a == b).count();
            at = if common == edge.len() { child } else { self.split(child, common) };
            rest = &rest[common..];
        }
        at
    }

    /// The node of a prefix that has a value.
    pub(super) fn find(&self, prefix: &[u8]) -> Option<NodeId> {
        let (mut at, mut rest) = (ROOT, prefix);
        while let Some(&byte) = rest.first() {
            at = self.child(at, byte)?;
            rest = rest.strip_prefix(self.node(at).edge())?;
        }
        (self.node(at).value != 0).then_some(at)
    }

    /// Shows the value of every prefix of `data`, the shortest first, until told to stop.
    #[inline]
    pub(super) fn walk(
        &self,
        data: &[u8],
        mut visit: impl FnMut(u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (mut at, mut rest) = (ROOT, data);
        loop {
            let value = self.node(at).value;
            if value != 0 {
                visit(value)?;
            }
            let Some(&byte) = rest.first() else { return ControlFlow::Continue(()) };
            let Some(child) = self.child(at, byte) else { return ControlFlow::Continue(()) };
            let Some(left) = rest.strip_prefix(self.node(child).edge()) else {
                return ControlFlow::Continue(());
            };
            (at, rest) = (child, left);
        }
    }

    /// Writes the prefix that ends at a node to `prefix`.
    pub(super) fn prefix_of(&self, id: NodeId, prefix: &mut Vec<u8>) {
        let upwards = || {
            std::iter::successors(Some(self.node(id)), |node| {
                (node.parent != NONE).then(|| self.node(node.parent))
            })
        };
        prefix.clear();
        prefix.resize(upwards().map(|node| node.edge().len()).sum(), 0);
        let mut end = prefix.len();
        for node in upwards() {
            let start = end - node.edge().len();
            prefix[start..end].copy_from_slice(node.edge());
            end = start;
        }
    }

    /// Shows every prefix that has a value, in no particular order.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8])) {
        let mut prefix = Vec::new();
        let mut ahead = vec![(ROOT, 0)];
        while let Some((id, depth)) = ahead.pop() {
            let node = self.node(id);
            prefix.truncate(depth);
            prefix.extend_from_slice(node.edge());
            if node.value != 0 {
                visit(&prefix);
            }
            let depth = prefix.len();
            match node.kid_count {
                0 => {}
                1 => ahead.push((node.kids, depth)),
                count => {
                    let children = self.fans.children(node.kids, count.into());
                    ahead.extend(children.map(|child| (child, depth)));
                }
            }
        }
    }

    /// Takes the value of a node away, and with it what is not needed any more.
    pub(super) fn remove(&mut self, id: NodeId) {
        if std::mem::take(&mut self.node_mut(id).value) == 0 {
            return;
        }
        self.len -= 1;
        if self.len == 0 {
            // The memory of a crowd that has left goes with it.
            *self = Radix::new();
            return;
        }
        let mut at = id;
        while at != ROOT && self.node(at).value == 0 && self.node(at).kid_count == 0 {
            let parent = self.node(at).parent;
            self.unlink(parent, self.node(at).edge[0]);
            self.release(at);
            at = parent;
        }
        let parent = self.node(at).parent;
        self.merge(at);
        if parent != NONE {
            self.merge(parent);
        }
    }

    #[inline]
    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    #[inline]
    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// The child whose edge begins with a byte.
    #[inline]
    fn child(&self, id: NodeId, byte: u8) -> Option<NodeId> {
        let node = self.node(id);
        match node.kid_count {
            0 => None,
            1 => (self.node(node.kids).edge[0] == byte).then_some(node.kids),
            count => self.fans.find(node.kids, count.into(), byte),
        }
    }

    /// Hangs a new branch for `rest` under a node that has no child for its first byte.
    fn grow(&mut self, mut at: NodeId, rest: &[u8]) -> NodeId {
        for edge in rest.chunks(EDGE) {
            let child = self.make(Node::new(at, edge));
            self.link(at, edge[0], child);
            at = child;
        }
        at
    }

    /// Puts a new node into a node's edge, after `common` bytes of it; returns the new one. The
    /// lower part keeps its number.
    fn split(&mut self, lower: NodeId, common: usize) -> NodeId {
        let node = self.node(lower).clone();
        let (head, tail) = node.edge().split_at(common);
        let upper = self.make(Node { kids: lower, kid_count: 1, ..Node::new(node.parent, head) });
        self.relink(node.parent, head[0], upper);
        let lower = self.node_mut(lower);
        lower.parent = upper;
        lower.set_edge(tail);
        upper
    }

    /// Puts a node that only joins two edges into its child, if the edges fit one node. The child
    /// keeps its number.
    fn merge(&mut self, id: NodeId) {
        let node = self.node(id);
        if id == ROOT || !node.only_joins() {
            return;
        }
        let (parent, child, first) = (node.parent, node.kids, node.edge[0]);
        let edge = [node.edge(), self.node(child).edge()].concat();
        if edge.len() > EDGE {
            return;
        }
        let lower = self.node_mut(child);
        lower.parent = parent;
        lower.set_edge(&edge);
        self.relink(parent, first, child);
        self.release(id);
    }

    /// Adds a child.
    fn link(&mut self, id: NodeId, byte: u8, child: NodeId) {
        let &Node { kids, kid_count, .. } = self.node(id);
        let kids = match kid_count {
            0 => child,
            1 => {
                let sibling = self.node(kids).edge[0];
                self.fans.pair((sibling, kids), (byte, child))
            }
            count => self.fans.insert(kids, count.into(), byte, child),
        };
        let node = self.node_mut(id);
        node.kids = kids;
        node.kid_count += 1;
    }

    /// Takes a child out.
    fn unlink(&mut self, id: NodeId, byte: u8) {
        let &Node { kids, kid_count, .. } = self.node(id);
        let kids = match kid_count {
            0 | 1 => NONE,
            count => self.fans.remove(kids, count.into(), byte),
        };
        let node = self.node_mut(id);
        node.kids = kids;
        node.kid_count = kid_count.saturating_sub(1);
    }

    /// Puts another child in the place of one.
    fn relink(&mut self, id: NodeId, byte: u8, child: NodeId) {
        let &Node { kids, kid_count, .. } = self.node(id);
        match kid_count {
            0 | 1 => self.node_mut(id).kids = child,
            count => self.fans.replace(kids, count.into(), byte, child),
        }
    }

    /// A number for a new node.
    fn make(&mut self, node: Node) -> NodeId {
        if self.free == NONE {
            self.nodes.push(node);
            // 2^32 nodes would be 128 GiB: memory ends before the numbers do.
            return (self.nodes.len() - 1) as NodeId;
        }
        let id = self.free;
        self.free = self.node(id).parent;
        *self.node_mut(id) = node;
        id
    }

    /// Frees a node's number.
    fn release(&mut self, id: NodeId) {
        *self.node_mut(id) = Node::new(self.free, &[]);
        self.free = id;
    }
}

#[cfg(test)]
impl Radix {
    /// How many nodes are in use, the root included.
    pub(super) fn nodes(&self) -> usize {
        let named = |id: NodeId| (id != NONE).then_some(id);
        let free = std::iter::successors(named(self.free), |&id| named(self.node(id).parent));
        self.nodes.len() - free.count()
    }
}
