//! The vectors of one model, on this machine, and the search among them: every one is compared, so
//! what is found is what there is.

use std::collections::HashMap;
use std::io;

use super::super::Place;
use super::chunks::ChunkId;
use super::log::Log;
use super::named;

/// Vectors of unit length in the order in which they came, and where each is.
#[derive(Debug)]
pub struct Rows {
    log: Log,
    /// One after the other.
    numbers: Vec<f32>,
    /// Numbers in each; 0 until there is one.
    length: usize,
    places: HashMap<ChunkId, usize>,
}

/// Why vectors were not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    #[error("the vectors cannot be kept beside the index: {0}")]
    Disk(#[from] io::Error),
    #[error("the model gave vectors of {got} and of {length} numbers in one answer; none of them was kept")]
    Length { got: usize, length: usize },
}

impl Rows {
    /// Those of `model` that are kept at `place`. `model` names all that makes its vectors what they are.
    pub fn open(place: &Place, model: &str) -> Self {
        let (mut numbers, mut length, mut places) = (Vec::new(), 0, HashMap::new());
        let mut take = |record: &[u8]| take(record, &mut numbers, &mut length, &mut places);
        let title = format!("rein-vectors 1 {model}");
        let log = Log::open(&place.folder, &named("vectors", model), title.as_bytes(), &mut take);
        Self { log, numbers, length, places }
    }

    pub fn has(&self, id: ChunkId) -> bool {
        self.places.contains_key(&id)
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Numbers in each vector; 0: none yet.
    pub fn length(&self) -> usize {
        self.length
    }

    /// On disk, in bytes.
    pub fn bytes(&self) -> u64 {
        self.log.bytes()
    }

    /// Keeps vectors, beyond a kill once this returns. They are scaled to unit length. Those of another
    /// length than the ones that are there replace all of them: the model is another one under an old name.
    ///
    /// # Errors
    /// The disk; or vectors of different lengths.
    pub fn keep(&mut self, vectors: &[(ChunkId, Vec<f32>)]) -> Result<(), NotKept> {
        let Some(length) = vectors.first().map(|(_, vector)| vector.len()) else { return Ok(()) };
        if let Some((_, odd)) = vectors.iter().find(|(_, vector)| vector.len() != length) {
            return Err(NotKept::Length { got: odd.len(), length });
        }
        if self.length != length && self.length != 0 {
            self.forget()?;
        }
        let record = written(vectors.iter().map(|(id, vector)| (*id, unit(vector))), length);
        let Self { log, numbers, length, places } = self;
        log.append(std::slice::from_ref(&record), &mut |record| take(record, numbers, length, places))?;
        take(&record, numbers, length, places);
        Ok(())
    }

    /// The cosine of each of `among` with `query`, highest first, at most `limit` of them. Blocking: goes
    /// through all of them.
    pub fn nearest(&self, query: &[f32], among: &[ChunkId], limit: usize) -> Vec<(ChunkId, f32)> {
        if query.len() != self.length || self.length == 0 {
            return Vec::new();
        }
        let query = unit(query);
        let scored = |id: &ChunkId| Some((*id, dot(self.row(*id)?, &query)));
        let mut near: Vec<(ChunkId, f32)> = among.iter().filter_map(scored).collect();
        let best_first = |a: &(ChunkId, f32), b: &(ChunkId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if near.len() > limit {
            near.select_nth_unstable_by(limit, best_first);
            near.truncate(limit);
        }
        near.sort_by(best_first);
        near
    }

    /// Forgets vectors that `wanted` does not name, once they are most of what is kept.
    ///
    /// # Errors
    /// The disk.
    pub fn tidy(&mut self, wanted: &[ChunkId]) -> io::Result<()> {
        let kept: Vec<(ChunkId, Vec<f32>)> =
            wanted.iter().filter_map(|id| Some((*id, self.row(*id)?.to_vec()))).collect();
        if self.places.len() <= 3 * kept.len() + 4_096 {
            return Ok(());
        }
        let records: Vec<Vec<u8>> =
            kept.chunks(1_024).map(|some| written(some.iter().cloned(), self.length)).collect();
        self.log.replace(&records)?;
        let (mut numbers, mut length, mut places) = (Vec::new(), 0, HashMap::new());
        records.iter().for_each(|record| take(record, &mut numbers, &mut length, &mut places));
        (self.numbers, self.places) = (numbers, places);
        Ok(())
    }

    /// Forgets all of them.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&mut self) -> io::Result<()> {
        self.log.replace(&[])?;
        self.numbers.clear();
        self.places.clear();
        self.length = 0;
        Ok(())
    }

    fn row(&self, id: ChunkId) -> Option<&[f32]> {
        let start = self.places.get(&id)?.checked_mul(self.length)?;
        self.numbers.get(start..start + self.length)
    }
}

/// Scaled to unit length; one without a direction stays as it is, and is near to nothing.
fn unit(vector: &[f32]) -> Vec<f32> {
    let norm = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    vector.iter().map(|x| (f64::from(*x) * scale) as f32).collect()
}

/// In eight sums side by side, which the compiler can make one instruction of.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// Numbers in each, then each id with its numbers.
fn written(vectors: impl Iterator<Item = (ChunkId, Vec<f32>)>, length: usize) -> Vec<u8> {
    let mut out = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    for (id, vector) in vectors {
        out.extend_from_slice(id.bytes());
        vector.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
    }
    out
}

fn take(record: &[u8], numbers: &mut Vec<f32>, length: &mut usize, places: &mut HashMap<ChunkId, usize>) {
    let Some((of, rest)) = record.split_first_chunk::<4>() else { return };
    let of = u32::from_le_bytes(*of) as usize;
    if of == 0 || (*length != 0 && *length != of) {
        return;
    }
    *length = of;
    let Some(size) = of.checked_mul(4).and_then(|size| size.checked_add(16)) else { return };
    for one in rest.chunks_exact(size) {
        let Some((id, values)) = one.split_first_chunk::<16>() else { return };
        places.insert(ChunkId::from_bytes(*id), numbers.len() / of);
        numbers.extend(values.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> ChunkId {
        ChunkId::from_bytes([n; 16])
    }

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder: folder.path().to_owned() };
        (folder, place)
    }

    #[test]
    fn the_nearest_come_first_also_after_a_restart_and_only_of_those_asked_for() {
        let (_folder, place) = place();
        let mut rows = Rows::open(&place, "a/m");
        let some = [(id(1), vec![3.0, 0.0]), (id(2), vec![1.0, 1.0]), (id(3), vec![0.0, 9.0])];
        rows.keep(&some).unwrap();
        let rows = Rows::open(&place, "a/m");
        assert_eq!((rows.len(), rows.length()), (3, 2));
        let near = rows.nearest(&[2.0, 0.1], &[id(1), id(2), id(3), id(9)], 2);
        assert_eq!(near.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id(1), id(2)]);
        assert!((near[0].1 - 0.998_75).abs() < 1e-4, "{near:?}");
        assert_eq!(rows.nearest(&[2.0, 0.1], &[id(3)], 9).len(), 1);
        assert_eq!(rows.nearest(&[1.0, 0.0, 0.0], &[id(1)], 9), [], "of another model, perhaps");
    }

    #[test]
    fn another_model_begins_with_nothing_and_another_length_anew() {
        let (_folder, place) = place();
        let mut rows = Rows::open(&place, "a/m");
        rows.keep(&[(id(1), vec![1.0, 2.0])]).unwrap();
        assert!(Rows::open(&place, "a/n").is_empty());
        assert!(rows.keep(&[(id(2), vec![1.0]), (id(3), vec![1.0, 2.0])]).is_err());
        assert!(rows.has(id(1)));
        rows.keep(&[(id(2), vec![1.0])]).unwrap();
        assert!(rows.has(id(2)) && !rows.has(id(1)));
        assert_eq!((Rows::open(&place, "a/m").len(), rows.length()), (1, 1));
    }

    #[test]
    fn what_two_processes_made_is_there_for_both() {
        let (_folder, place) = place();
        let (mut one, mut two) = (Rows::open(&place, "m"), Rows::open(&place, "m"));
        one.keep(&[(id(1), vec![1.0])]).unwrap();
        two.keep(&[(id(2), vec![1.0])]).unwrap();
        assert!(two.has(id(1)) && two.has(id(2)));
    }

    #[test]
    fn what_no_file_holds_any_more_is_forgotten_once_it_is_most_of_it() {
        let (_folder, place) = place();
        let mut rows = Rows::open(&place, "m");
        let wide = |n: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&n.to_le_bytes());
            ChunkId::from_bytes(bytes)
        };
        let many: Vec<_> = (0..5_000).map(|n| (wide(n), vec![1.0, n as f32])).collect();
        rows.keep(&many).unwrap();
        rows.tidy(&[wide(7), wide(9)]).unwrap();
        let again = Rows::open(&place, "m");
        assert_eq!((rows.len(), again.len()), (2, 2));
        assert_eq!(again.nearest(&[1.0, 9.0], &[wide(7), wide(9)], 1)[0].0, wide(9));
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_that_a_plain_search_finds(
            vectors in proptest::collection::vec(proptest::collection::vec(-9_i8..9, 11), 1..40),
            query in proptest::collection::vec(-9_i8..9, 11),
            limit in 1_usize..50,
        ) {
            let (_folder, place) = place();
            let mut rows = Rows::open(&place, "m");
            let float = |vector: &[i8]| vector.iter().map(|n| f32::from(*n)).collect::<Vec<f32>>();
            let all: Vec<_> = vectors.iter().enumerate().map(|(n, v)| (id(n as u8), float(v))).collect();
            rows.keep(&all).unwrap();
            let query = float(&query);
            let cosine = |a: &[f32]| {
                let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
                let product = a.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
                if norm(a) * norm(&query) > 0.0 { product / norm(a) / norm(&query) } else { 0.0 }
            };
            let mut plain: Vec<f32> = all.iter().map(|(_, vector)| cosine(vector)).collect();
            plain.sort_by(|a, b| b.total_cmp(a));
            let ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
            let near = rows.nearest(&query, &ids, limit);
            prop_assert_eq!(near.len(), limit.min(all.len()));
            for ((_, found), expected) in near.iter().zip(plain) {
                prop_assert!((found - expected).abs() < 1e-5);
            }
        }
    }
}
