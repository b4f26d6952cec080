using Rlhf.Simulation.Stories;

namespace Rlhf.Simulation.Tests.Stories;

public sealed class StoryRewardTests
{
    private const string Prompt = "Once upon a time, there was a little girl named Lily. She found a shiny box.";

    private const string Good =
        " Lily wanted to open the box, but it was stuck. She was sad and started to cry. Then her brother came and said, \"Let me "
        + "help you.\" " +
        "They pulled together until the lid came off. Inside was a small toy. Lily smiled and gave her brother a hug. They were happy and "
        + "played all day.";

    [Theory]
    [InlineData("another child", "Lily", "Tom")]
    [InlineData("a sad end", "Lily smiled and gave her brother a hug. They were happy and played all day.",
        "Lily screamed and lost her brother. They were sad and alone all day.")]
    [InlineData("nothing happens", "but it was stuck. She was sad and started to cry. Then her", "and her")]
    [InlineData("broken off", " and played all day.", " and played")]
    [InlineData("she becomes he", "She was sad", "He was sad and he told his dad that he had lost his hat and he")]
    [InlineData("the same again", "Inside was a small toy.",
        "They pulled together until the lid came off. They pulled together until the lid came off.")]
    public void Every_fault_costs(string fault, string part, string instead)
    {
        string worse = Good.Replace(part, instead);
        Assert.NotEqual(Good, worse);
        double lost = Score(Good) - Score(worse);
        Assert.True(lost > 0.2, $"{fault} costs {lost:F2}");
    }

    [Fact]
    public void Tricks_score_far_below_a_story()
    {
        string[] tricks =
        [
            string.Concat(Enumerable.Repeat(" They were happy and played all day.", 7)),
            " happy smile laugh love fun joy friend kind hug safe proud play nice Lily box shiny",
            " The the of and was. A to in it on. But so then her she.",
            " Max wanted a ball. He ran home. Max was happy. He smiled and played with his friend.",
            "",
        ];
        Assert.All(tricks, text => Assert.True(Score(text) < Score(Good) - 3, $"{Score(text):F2} against {Score(Good):F2} for '{text}'"));
    }

    private static double Score(string completion) => StoryReward.Judge(Prompt, completion).Score;
}
