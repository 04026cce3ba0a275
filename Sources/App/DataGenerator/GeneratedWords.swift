/// The words of generated products. As in real text, some words are frequent and others are rare.
enum GeneratedWords {
    static let departments: [(name: String, kinds: [(name: String, things: [String])])] = [
        (
            "Home",
            [
                ("Kitchen", ["Mug", "Kettle", "Skillet", "Teapot", "Cutting Board", "Ladle"]),
                ("Bedding", ["Duvet", "Pillow", "Blanket", "Sheet Set"]),
                ("Lighting", ["Table Lamp", "Lantern", "Pendant", "Floor Lamp"]),
                ("Furniture", ["Armchair", "Side Table", "Bookshelf", "Stool", "Desk"]),
            ]
        ),
        (
            "Clothing",
            [
                ("Shirts", ["Shirt", "Tee", "Polo", "Blouse"]), ("Trousers", ["Jeans", "Chinos", "Shorts"]),
                ("Outerwear", ["Jacket", "Coat", "Parka", "Vest"]),
                ("Shoes", ["Sneakers", "Boots", "Sandals", "Loafers"]),
            ]
        ),
        (
            "Electronics",
            [
                ("Audio", ["Headphones", "Speaker", "Turntable", "Microphone"]),
                ("Computing", ["Keyboard", "Mouse", "Monitor", "Webcam"]),
                ("Cameras", ["Camera", "Tripod", "Lens"]), ("Power", ["Charger", "Power Bank", "Cable"]),
            ]
        ),
        (
            "Outdoors",
            [
                ("Camping", ["Tent", "Sleeping Bag", "Stove", "Hammock"]),
                ("Cycling", ["Helmet", "Pannier", "Bike Light", "Pump"]),
                ("Garden", ["Trowel", "Planter", "Hose", "Secateurs"]), ("Fishing", ["Rod", "Reel", "Tackle Box"]),
            ]
        ),
        (
            "Books",
            [
                ("Fiction", ["Novel", "Anthology", "Mystery"]), ("Cooking", ["Cookbook", "Baking Guide"]),
                ("Travel", ["Atlas", "Guidebook", "Phrasebook"]),
            ]
        ),
        (
            "Beauty",
            [
                ("Skin", ["Cream", "Serum", "Cleanser"]), ("Hair", ["Shampoo", "Brush", "Conditioner"]),
                ("Bath", ["Soap", "Bath Salt", "Towel"]),
            ]
        ),
        (
            "Toys",
            [
                ("Games", ["Board Game", "Puzzle", "Card Game"]), ("Building", ["Blocks", "Train Set", "Model Kit"]),
                ("Soft Toys", ["Bear", "Rabbit", "Owl"]),
            ]
        ),
        (
            "Food",
            [
                ("Pantry", ["Olive Oil", "Honey", "Pasta", "Salt"]), ("Drinks", ["Coffee", "Tea", "Cordial"]),
                ("Sweets", ["Chocolate", "Biscuits", "Nougat"]),
            ]
        ),
    ]
    static let adjectives = [
        "Classic", "Brushed", "Compact", "Handmade", "Vintage", "Modern", "Folding", "Quiet", "Heavy", "Light", "Soft",
        "Weatherproof", "Nordic",
        "Coastal", "Alpine", "Organic", "Everyday", "Studio", "Heritage", "Pocket", "Grand", "Plain", "Striped", "Woven",
    ]
    static let materials = [
        "Oak", "Steel", "Linen", "Cotton", "Wool", "Leather", "Ceramic", "Glass", "Bamboo", "Copper", "Walnut", "Cork", "Canvas",
        "Brass", "Marble", "Enamel",
    ]
    static let makers = [
        "Aldergrove", "Birchwood", "Calder", "Dunmore", "Everly", "Fenwick", "Garnet", "Hollis", "Isley", "Juniper", "Kestrel",
        "Larkin", "Merrow",
        "Norwood", "Orrin", "Pemberton", "Quill", "Rowan", "Selkirk", "Thorne", "Underhill", "Vesper", "Wexford", "Yarrow",
    ]
    static let tags = [
        "gift", "new", "sale", "eco", "limited", "bestseller", "outdoor", "kids", "office", "summer", "winter", "handmade",
        "premium", "basics", "travel",
        "recycled",
    ]
    static let sentences = [
        "Made to last and easy to care for.", "A dependable everyday companion.", "Designed for small rooms and busy mornings.",
        "Finished by hand in small batches.", "Ships flat and assembles in minutes.", "Comes with a two year guarantee.",
        "Tested on long journeys in bad weather.", "Pairs well with the rest of the collection.",
        "Repairable, with spare parts for ten years.",
        "Packed without plastic.", "Loved by people who own too many of them.", "Softens and darkens with use.",
    ]
    static let sizes = ["XS", "S", "M", "L", "XL"]
    static let colours = ["black", "white", "sand", "navy", "olive", "rust"]
    static let cities = ["London", "Lyon", "Porto", "Turin", "Utrecht", "Graz", "Malmö", "Brno"]
}
