namespace Rlhf.Simulation.Reviews;

/// <summary>What kind of thing an aspect is: it decides which adjectives and reasons make sense of it.</summary>
public enum AspectClass
{
    Food,
    People,
    Place,
    Show,
    Goods,
    Comfort,
}

/// <summary>A thing that a review can speak about: "soup", "paintings".</summary>
public sealed record Aspect(string Noun, AspectClass Class, bool Plural);

/// <summary>A kind of place, with the things that it may be known for.</summary>
public sealed record PlaceKind(string Noun, IReadOnlyList<Aspect> Aspects);

/// <summary>The places of the reviews.</summary>
public static class Places
{
    /// <summary>Every aspect by its noun.</summary>
    public static IReadOnlyDictionary<string, Aspect> Aspects { get; } = All().ToDictionary(aspect => aspect.Noun);

    public static IReadOnlyList<PlaceKind> Kinds { get; } =
    [
        Kind("bakery", "bread cakes coffee pies terrace owner baskets benches"),
        Kind("tearoom", "tea scones cakes garden music waiters armchairs candles"),
        Kind("inn", "beds breakfast soup cellar owner view pies courtyard"),
        Kind("hotel", "rooms beds pillows breakfast pool view porter rooftop"),
        Kind("restaurant", "soup fish desserts waiters cook terrace music candles"),
        Kind("museum", "paintings guides maps rooms garden benches postcards lights"),
        Kind("bookshop", "novels maps armchairs coffee owner stories postcards lamps"),
        Kind("theatre", "actors music lights seats hall dances ushers lemonade"),
        Kind("market", "cheese flowers bread baskets toys music candles lemonade"),
        Kind("ferry", "view seats captain soup maps lemonade guides benches"),
    ];

    /// <summary>A place is called by an adjective and a noun: "Copper Kettle".</summary>
    public static IReadOnlyList<string> NameAdjectives { get; } =
        ("Copper Silver Golden Crooked Crimson Blue Green White Black Old Little Lucky Hidden Merry Wooden Iron Sleepy Wandering " +
         "Velvet Painted Amber Tall Round Northern Royal Winter Summer Clever Stone Brass").Split(' ');

    public static IReadOnlyList<string> NameNouns { get; } =
        ("Kettle Fox Lantern Anchor Swan Oak Bell Crown Wheel Feather Harbour Owl Rose Star Goose Barrel Key Ship Pear Mill Rabbit " +
         "Plough Bridge Thimble Robin Otter Hammer Thistle Heron Button").Split(' ');

    private static PlaceKind Kind(string noun, string aspects) => new(noun, [.. aspects.Split(' ').Select(a => Aspects[a])]);

    private static IEnumerable<Aspect> All() =>
    [
        .. Of(AspectClass.Food, "soup bread coffee tea fish breakfast cheese lemonade", "cakes scones desserts pies"),
        .. Of(AspectClass.People, "owner porter cook captain", "waiters guides ushers"),
        .. Of(AspectClass.Place, "terrace garden cellar courtyard pool rooftop hall", "rooms"),
        .. Of(AspectClass.Show, "music view", "paintings lights actors stories dances"),
        .. Of(AspectClass.Goods, "", "baskets candles maps postcards novels lamps flowers toys"),
        .. Of(AspectClass.Comfort, "", "benches armchairs beds pillows seats"),
    ];

    private static IEnumerable<Aspect> Of(AspectClass kind, string singular, string plural) =>
        singular.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(noun => new Aspect(noun, kind, false))
            .Concat(plural.Split(' ').Select(noun => new Aspect(noun, kind, true)));
}
