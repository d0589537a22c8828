program jacobi
  implicit none
  double precision :: u(66, 66), v(66, 66), r
  integer :: k
  u = 0.0d0
  u(1, :) = 1.0d0
  do k = 1, 600
     v = u
     v(2:65, 2:65) = 0.25d0 * (u(1:64, 2:65) + u(3:66, 2:65) + u(2:65, 1:64) + u(2:65, 3:66))
     r = maxval(abs(v - u))
     u = v
     if (mod(k, 100) == 0) then
        write (*, '(A, I5, A, D14.6)') ' iter ', k, '  residual =', r
        write (*, '(A, ES12.4E3, A, F8.5)') '   es ', r, '   centre ', u(33, 33)
        print *, 'norm', sqrt(sum(u**2))
     end if
  end do
end program jacobi
