struct Tank {
    litres: u32,
}

impl Tank {
    fn new() -> Self {
        Tank { litres: 0 }
    }
}

impl Fill for Tank {
    fn fill(&mut self, litres: u32) {
        self.litres += litres;
    }
}

struct Tap;
