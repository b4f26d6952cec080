using System.Text.RegularExpressions;

namespace Rlhf.Storage.Quality;

/// <summary>
/// Whether a completion says which model it is. Annotators who read it judge with knowledge of the model; FastChat removes such votes
/// from its leaderboards.
/// </summary>
public static partial class SelfIdentification
{
    private const int MinSource = 4;

    /// <summary>
    /// True where the text says in the first person that it is a known model or made by a known company, or where it holds the name
    /// of its own source.
    /// </summary>
    public static bool IsSelfIdentifying(string text, string? source = null) =>
        FirstPerson().IsMatch(text) || MadeBy().IsMatch(text)
        || (source is { Length: >= MinSource } && source.Any(char.IsLetter) && HoldsWord(text, source));

    private static bool HoldsWord(string text, string word)
    {
        for (int at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0;
            at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            int end = at + word.Length;
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
                return true;
        }
        return false;
    }

    private const string Models =
        "ChatGPT|GPT-?[2-5]|GPT|Claude|Gemini|Bard|PaLM|Llama|LLaMA|Vicuna|Alpaca|Koala|Dolly|OpenAssistant|Open Assistant|Mistral|Mixtral"
        + "|Qwen|DeepSeek|ChatGLM|Gemma|Falcon|StableLM|Zephyr|WizardLM|Guanaco|Tulu|SmolLM|Phi-?[1-4]|Grok|Bing Chat|Copilot";

    private const string Companies =
        "OpenAI|Anthropic|Google|DeepMind|Meta|Microsoft|Mistral AI|Alibaba|Hugging ?Face|LAION|LMSYS|Stability AI|xAI|Cohere|Databricks";

    /// <summary>Words between "I am" and a name: with others between them, the name is not what the text says it is.</summary>
    private const string Between =
        "an?|the|your|actually|just|also|called|named|known|as|based|on|powered|by|running|AI|assistant|chatbot|bot|model|language|large"
        + "|artificial|intelligence|friendly|helpful|trained|version|of";

    [GeneratedRegex($@"\b(?:I am|I['’]m|my name is|call me|this is)\s+(?:(?:{Between})\b[\s,]*){{0,10}}(?:{Models})\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FirstPerson();

    [GeneratedRegex($@"\b(?:I|I['’]m|as an? (?:AI|large) (?:language )?(?:model|assistant))\b[^.!?\n]{{0,80}}?"
        + $@"\b(?:trained|created|developed|made|built|designed)\s+by\s+(?:the\s+)?(?:{Companies})\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MadeBy();
}
