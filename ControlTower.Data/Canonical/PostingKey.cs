using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Data.Canonical;

/// <summary>
/// The key under which a document is posted to another system, sent along as that system's external id. Derived from business identity alone
/// (brand, source, order, document type, revision), so that it is the same after any retry, replay or restore of an older backup.
/// At most 35 characters (Business Central's externalDocumentNumber), upper case (NetSuite ignores case), readable: order name, then 16 characters of hash.
/// </summary>
public readonly record struct PostingKey(string Value)
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int NameLength = 18;

    public static PostingKey Derive(string brand, OrderKey order, string orderName, string documentType, long revision = 1)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{brand}\n{order.Source}\n{order.Id}\n{documentType}\n{revision}"));
        Span<char> code = stackalloc char[16];
        for (var i = 0; i < code.Length; i++)
        {
            code[i] = Alphabet[hash[i] & 31];
        }

        var name = new string([.. orderName.ToUpperInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c == '-').Take(NameLength)]);
        return new PostingKey(name.Length == 0 ? new string(code) : $"{name}-{code}");
    }

    public override string ToString() => Value;
}
