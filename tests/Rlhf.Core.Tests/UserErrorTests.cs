namespace Rlhf.Core.Tests;

public sealed class UserErrorTests
{
    [Fact]
    public void A_message_is_kept_with_the_places_of_its_values()
    {
        double share = 0.5;
        string name = "a {b}", nothing = null!;
        var error = new UserError($"{name} must be {{0}} … 1; got {share} and {nothing}" + $", {share:0.00}, {12,4}, {"text".AsSpan(1)}");
        Assert.Equal("a {b} must be {0} … 1; got 0.5 and , 0.50,   12, ext", error.Message);
        Assert.Equal("{0} must be {{0}} … 1; got {1} and {2}, {3:0.00}, {4,4}, {5}", error.Template);
        Assert.Equal([name, share, null, share, 12, "ext"], error.Values);
    }

    [Fact]
    public void A_text_is_its_own_template()
    {
        var error = new UserError("no {value}");
        Assert.Equal(("no {value}", "no {value}", 0), (error.Message, error.Template, error.Values.Count));
    }

    [Fact]
    public void An_error_that_is_passed_on_word_for_word_keeps_its_values()
    {
        int count = 3;
        var inner = new UserError($"got {count}");
        Assert.Equal(("got {0}", 3), new UserError(inner.Message, inner) is var same ? (same.Template, same.Values[0]) : default);
        Assert.Equal("{0}; kept", new UserError($"{inner.Message}; kept", inner).Template);
        Assert.Same(inner, new UserError($"{inner.Message}; kept", inner).InnerException);
    }
}
