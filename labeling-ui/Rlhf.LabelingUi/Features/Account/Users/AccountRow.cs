using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>An account in a list.</summary>
public sealed record AccountRow(
    Guid Id, string Name, AccountRole Role, Guid AnnotatorId, bool Disabled, bool IsGuest, bool HasPassword, int Tokens,
    DateTimeOffset Created);
