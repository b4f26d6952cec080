using Rlhf.Core.Randomness;

namespace Rlhf.Simulation.Stories;

/// <summary>Openings of children's stories, for policies that know such stories.</summary>
public static class StoryOpenings
{
    private static readonly (string Word, string[] Names, string Pronoun)[] Heroes =
    [
        ("girl", ["Lily", "Mia", "Sara", "Anna", "Lucy", "Amy", "Sue", "Jane"], "She"),
        ("boy", ["Tim", "Tom", "Ben", "Max", "Sam", "Jack", "Leo", "Bob"], "He"),
        ("dog", ["Spot", "Max", "Buddy", "Rex"], "He"),
        ("cat", ["Kitty", "Mimi", "Lucy", "Luna"], "She"),
        ("bird", ["Pip", "Kiki", "Bobo"], "He"),
        ("rabbit", ["Fluffy", "Bunny", "Rosie"], "She"),
    ];

    private static readonly string[] Size = ["little", "small", "young", "happy", "sad", "brave", "shy"];

    private static readonly string[] Wishes =
    [
        "loved to play with a ball", "wanted a big red apple", "liked to sing in the garden", "had a blue toy car", "loved to play "
            + "in the park",
        "found a shiny box", "wanted to find a friend", "liked to swim in the lake", "had a yellow kite", "lost a toy in the forest",
        "saw a big tree", "wanted to bake a cake", "heard a loud noise", "went to the beach with a bucket", "found a key under the bed",
        "wanted to climb a hill", "had a small boat", "saw a bird with a broken wing",
    ];

    /// <summary>Opening <paramref name="index"/> of a seed; there are about 4,000 different ones.</summary>
    public static string Opening(ulong seed, int index)
    {
        var draws = new Draws(new RandomStream(seed, "stories/prompt"), (uint)index);
        var (word, names, pronoun) = draws.Of(Heroes);
        return $"Once upon a time, there was a {draws.Of(Size)} {word} named {draws.Of(names)}. {pronoun} {draws.Of(Wishes)}.";
    }
}
