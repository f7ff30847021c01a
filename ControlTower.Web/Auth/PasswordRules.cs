using System.Collections.Frozen;

namespace ControlTower.Web.Auth;

/// <summary>
/// Which passwords are taken: 12 characters or more, none of the commonest, nothing that is one of those with digits around it, no repetition,
/// not the person's own e-mail or name, not the product. Any characters, no composition rules.
/// </summary>
public static class PasswordRules
{
    public const int Least = 12;
    public const int Most = 128;

    private static readonly FrozenSet<string> Common = Read();
    private static readonly string[] Own = ["controltower", "control tower", "control-tower"];

    /// <summary>Null when it is good; else what is wrong and what to do, in one sentence.</summary>
    public static string? Wrong(string password, string email, string name)
    {
        if (password.Length < Least)
            return $"Use at least {Least} characters. Three or four words make a good one.";
        if (password.Length > Most)
            return $"Use at most {Most} characters.";
        var lower = password.ToLowerInvariant();
        if (password.Distinct().Count() < 5 || IsRepetition(lower))
            return "That repeats itself. Use different words.";
        if (password.All(c => char.IsAsciiDigit(c) || !char.IsLetterOrDigit(c)) || IsRun(lower))
            return "Digits or runs of the alphabet alone are guessed quickly. Use words.";
        if (Common.Contains(lower) || Common.Contains(Core(lower)))
            return "That is one of the most used passwords. Choose something of your own.";
        if (Mine(email, name).Any(word => lower.Contains(word, StringComparison.Ordinal)))
            return "That contains your name or e-mail, or the name of this product. Choose something else.";
        return null;
    }

    /// <summary>The word inside: digits and signs around it add nothing, and the usual look-alikes are read as letters.</summary>
    private static string Core(string password)
    {
        var letters = password.Select(c => c switch { '0' => 'o', '1' => 'i', '3' => 'e', '4' => 'a', '5' => 's', '7' => 't', '@' => 'a', '$' => 's', '!' => 'i', _ => c });
        var plain = password.Trim([.. "0123456789!@#$%^&*()-_=+.,;:?/ "]);
        return plain.Length >= 4 ? plain : string.Concat(letters.Where(char.IsAsciiLetter));
    }

    /// <summary>Most of it counts up or down: abcdefgh, 87654321.</summary>
    private static bool IsRun(string password) =>
        password.Zip(password.Skip(1), (a, b) => Math.Abs(a - b) <= 1).Count(near => near) >= password.Length * 3 / 4;

    private static bool IsRepetition(string password)
    {
        for (var size = 1; size <= password.Length / 2; size++)
        {
            var unit = password[..size];
            if (string.Concat(Enumerable.Repeat(unit, (password.Length / size) + 1)).StartsWith(password, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static IEnumerable<string> Mine(string email, string name) =>
        Own.Append(email.Split('@')[0]).Concat(name.Split(' ')).Select(word => word.Trim().ToLowerInvariant()).Where(word => word.Length >= 4);

    private static FrozenSet<string> Read()
    {
        using var stream = typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")
            ?? throw new InvalidOperationException("common-passwords.txt is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
    }
}
