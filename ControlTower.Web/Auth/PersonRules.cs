using System.Net.Mail;

namespace ControlTower.Web.Auth;

/// <summary>What a name and an e-mail may be. The database says the same with its own checks.</summary>
public static class PersonRules
{
    public static string? WrongName(string name) =>
        name.Trim().Length is 0 or > 100 ? "Give a name of 1 to 100 characters."
        : name.Any(c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate)
            ? "The name has characters that cannot be shown."
            : null;

    public static string? WrongEmail(string email) =>
        email.Length is >= 3 and <= 254 && email.All(c => c is > ' ' and < '\u007f') && MailAddress.TryCreate(email, out var address) && address.Address == email
            ? null
            : "Give an e-mail address such as ida.holm@example.com.";
}
