import java.text.NumberFormat;
import java.util.Locale;

public class Newton {
    public static void main(String[] args) {
        String style = args.length > 0 ? args[0] : "plain";
        Locale locale = args.length > 1 ? Locale.forLanguageTag(args[1]) : Locale.ROOT;
        double x = 40.0;
        for (int i = 0; i < 7; i++) {
            x = 0.5 * (x + 1600000.0 / x);
            double error = Math.abs(x * x - 1600000.0);
            switch (style) {
                case "format" -> System.out.println(String.format(locale, "iter %d: x=%.4f error=%.3e", i, x, error));
                case "nf" -> System.out.println("x = " + NumberFormat.getInstance(locale).format(x) + "  f = " + NumberFormat.getInstance(locale).format(error));
                case "de" -> System.out.println(String.format(locale, "Schritt %d: Fehler=%,.2f", i, error));
                case "ar" -> System.out.println(String.format(locale, "الخطوة %d الدقة: %.3f", i, x / 1300.0));
                default -> System.out.println("iter=" + i + " x=" + x + " error=" + (error < 1e-9 ? 0.0 / 0.0 : error));
            }
        }
    }
}
