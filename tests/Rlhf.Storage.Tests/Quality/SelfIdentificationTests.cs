using Rlhf.Storage.Quality;

namespace Rlhf.Storage.Tests.Quality;

public sealed class SelfIdentificationTests
{
    [Theory]
    [InlineData("I am ChatGPT, and I can help.")]
    [InlineData("Hello! My name is Claude. How can I help?")]
    [InlineData("I’m Vicuna, a language model.")]
    [InlineData("As an AI language model developed by OpenAI, I cannot do that.")]
    [InlineData("I was trained by Anthropic to be helpful.")]
    public void A_text_that_says_in_the_first_person_which_model_it_is(string text) =>
        Assert.True(SelfIdentification.IsSelfIdentifying(text));

    [Theory]
    [InlineData("ChatGPT is a product of OpenAI.")]
    [InlineData("Claude Monet painted water lilies. I am fond of them.")]
    [InlineData("I am happy to help with your llama farm.")]
    [InlineData("The bridge was built by the city. I know it well.")]
    [InlineData("")]
    public void A_text_about_models_or_something_else(string text) => Assert.False(SelfIdentification.IsSelfIdentifying(text));

    [Fact]
    public void The_name_of_the_source_itself_counts_as_a_whole_word()
    {
        Assert.True(SelfIdentification.IsSelfIdentifying("This answer comes from Tiger-7B!", "tiger-7b"));
        Assert.False(SelfIdentification.IsSelfIdentifying("tigers are large", "tiger"));
        Assert.False(SelfIdentification.IsSelfIdentifying("a or b", "b"));
    }
}
