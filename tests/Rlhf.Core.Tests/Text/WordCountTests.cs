using Rlhf.Core.Text;

namespace Rlhf.Core.Tests.Text;

public sealed class WordCountTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("  \n ", 0)]
    [InlineData("one", 1)]
    [InlineData(" one, two\nthree ", 3)]
    [InlineData("这是一个很长的句子吗", 6)]
    [InlineData("two words 和十七个汉字再加上一些别的字来", 11)]
    [InlineData("naïve café 🙂", 3)]
    public void Words_are_counted_also_where_they_are_not_separated(string text, int words) => Assert.Equal(words, WordCount.Of(text));
}
