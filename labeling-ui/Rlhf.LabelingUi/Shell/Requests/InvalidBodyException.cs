using Microsoft.AspNetCore.Http;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>The body of a request is not what the API reads; the answer is a 400 that names the field.</summary>
/// <param name="message">What is wrong and what would be right.</param>
/// <param name="field">The path of the field; null where it is the body as a whole.</param>
/// <param name="inner">What the parser threw.</param>
internal sealed class InvalidBodyException(string message, string? field, Exception? inner = null)
    : BadHttpRequestException(message, StatusCodes.Status400BadRequest, inner!)
{
    public string? Field { get; } = field;
}
