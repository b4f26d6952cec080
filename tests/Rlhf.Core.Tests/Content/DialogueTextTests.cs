using Rlhf.Core.Content;

namespace Rlhf.Core.Tests.Content;

public sealed class DialogueTextTests
{
    [Theory]
    [InlineData("\n\nHuman: a\n\nAssistant: b", "user:a", "assistant:b")]
    [InlineData("\n\nHuman: a\n\nb\n\nHuman:  c \n\nAssistant: ", "user:a\n\nb", "user: c ", "assistant:")]
    [InlineData("\n\nAssistant: Assistant: x", "assistant:Assistant: x")]
    public void Turns_are_read_and_written_as_they_were(string text, params string[] turns)
    {
        var messages = DialogueText.TryParse(text)!;
        Assert.Equal(turns, messages.Select(m => $"{m.Role}:{m.AllText()}"));
        Assert.Equal(text, DialogueText.Prompt([.. messages.SkipLast(1)]) + DialogueText.Reply([.. messages.TakeLast(1)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Human: a")]
    [InlineData("x\n\nHuman: a")]
    public void Other_texts_are_no_dialogue(string text) => Assert.Null(DialogueText.TryParse(text));

    [Fact]
    public void Replies_of_several_turns_go_on_in_the_same_notation()
    {
        var reply = new[] { Message.FromText(Message.Assistant, "b"), Message.FromText(Message.User, "c"),
            Message.FromText(Message.Assistant, "d") };
        Assert.Equal(" b\n\nHuman: c\n\nAssistant: d", DialogueText.Reply(reply));
        Assert.Equal("\n\nSystem: s\n\nHuman: a\n\nAssistant:",
            DialogueText.Prompt([Message.FromText("system", "s"), Message.FromText(Message.User, "a")]));
    }
}
